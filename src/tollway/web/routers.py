"""The routers of the management API, one a domain, in the order of its documentation."""

from fastapi import APIRouter
from fastapi.routing import APIRoute

from tollway.control.access.api import router as roles
from tollway.control.accounts.api import router as users
from tollway.control.accounts.many_api import router as people_acts
from tollway.control.accounts.members_api import router as members
from tollway.control.accounts.sessions_api import router as user_sessions
from tollway.control.alerts.api import router as alerts
from tollway.control.applications.api import router as applications
from tollway.control.audit.api import router as audit
from tollway.control.backups.api import router as backups
from tollway.control.bulk.api import router as bulk
from tollway.control.configuration.api import router as configuration
from tollway.control.factors.api import router as factors
from tollway.control.gateway.api import router as gateway
from tollway.control.keys.api import router as keys
from tollway.control.limits.api import router as limits
from tollway.control.limits.budgets_api import router as budgets
from tollway.control.notices.api import router as webhooks
from tollway.control.notices.mail_api import router as mail
from tollway.control.plans.api import router as plans
from tollway.control.rights.api import router as rights
from tollway.control.rights.groups_api import router as model_groups
from tollway.control.rotations.api import router as rotations
from tollway.control.rotations.links_api import router as links
from tollway.control.security.api import router as security
from tollway.control.security.rules_api import router as security_rules
from tollway.control.service_accounts.api import router as service_accounts
from tollway.control.service_accounts.many_api import router as service_account_acts
from tollway.control.services.api import router as services
from tollway.control.sessions.account_api import router as account
from tollway.control.sessions.api import router as sessions
from tollway.control.sessions.steps_api import router as steps
from tollway.control.teams.api import router as teams
from tollway.control.tokens.api import router as tokens
from tollway.control.tokens.life_api import router as token_lives
from tollway.control.tokens.lifetimes_api import router as lifetimes
from tollway.control.upstreams.api import router as upstreams
from tollway.control.usage.api import router as usage
from tollway.control.usage.models_api import router as models
from tollway.web.live import router as live

PREFIX = "/api/v1"

ROUTERS: tuple[APIRouter, ...] = (
    sessions,
    steps,
    account,
    factors,
    gateway,
    token_lives,
    links,
    tokens,
    lifetimes,
    rotations,
    applications,
    bulk,
    plans,
    limits,
    budgets,
    alerts,
    teams,
    members,
    users,
    people_acts,
    user_sessions,
    service_accounts,
    service_account_acts,
    roles,
    security,
    security_rules,
    audit,
    upstreams,
    models,
    services,
    usage,
    live,
    webhooks,
    mail,
    configuration,
    backups,
    rights,
    model_groups,
    keys,
)


def api_routes() -> list[APIRoute]:
    """Return every route of the management API; their paths begin after PREFIX."""
    return [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
