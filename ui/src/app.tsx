/** Routes. Every page but the frame is a chunk of its own. */
import { lazy, Suspense, type ReactNode } from "react";
import { Route, Switch } from "wouter";
import { useRights, type Permission } from "./api/rights";
import { Frame } from "./frame/frame";
import { Boundary } from "./frame/boundary";
import { Loading, NotAllowed } from "./parts/page";

const Home = lazy(() => import("./pages/home/home"));
const Calls = lazy(() => import("./pages/usage/calls"));
const CallPage = lazy(() => import("./pages/usage/call"));
const Usage = lazy(() => import("./pages/usage/usage"));
const Tokens = lazy(() => import("./pages/tokens/tokens"));
const TokenNew = lazy(() => import("./pages/tokens/create"));
const TokenPage = lazy(() => import("./pages/tokens/token"));
const Applications = lazy(() => import("./pages/applications/applications"));
const ApplicationPage = lazy(() => import("./pages/applications/application"));
const LimitsPage = lazy(() => import("./pages/limits/limits"));
const Alerts = lazy(() => import("./pages/alerts/alerts"));
const ModelGroups = lazy(() => import("./pages/rights/model_groups"));
const Plans = lazy(() => import("./pages/plans/plans"));
const PlanPage = lazy(() => import("./pages/plans/plan"));
const Services = lazy(() => import("./pages/services/services"));
const ServiceForm = lazy(() => import("./pages/services/form"));
const ServicePage = lazy(() => import("./pages/services/service"));
const Providers = lazy(() => import("./pages/upstreams/providers"));
const ProviderForm = lazy(() => import("./pages/upstreams/form"));
const ProviderPage = lazy(() => import("./pages/upstreams/provider"));
const People = lazy(() => import("./pages/accounts/people"));
const PersonPage = lazy(() => import("./pages/accounts/person"));
const ServiceAccounts = lazy(() => import("./pages/service_accounts/service_accounts"));
const ServiceAccountPage = lazy(() => import("./pages/service_accounts/service_account"));
const Teams = lazy(() => import("./pages/teams/teams"));
const TeamPage = lazy(() => import("./pages/teams/team"));
const Account = lazy(() => import("./pages/accounts/account"));
const Audit = lazy(() => import("./pages/audit/audit"));
const Security = lazy(() => import("./pages/security/security"));
const Rotations = lazy(() => import("./pages/rotations/rotations"));
const Roles = lazy(() => import("./pages/access/roles"));
const Webhooks = lazy(() => import("./pages/notices/webhooks"));
const WebhookPage = lazy(() => import("./pages/notices/webhook"));
const OwnHome = lazy(() => import("./pages/home/own"));
const Models = lazy(() => import("./pages/upstreams/models"));
const Settings = lazy(() => import("./pages/gateway/settings"));
const NotFound = lazy(() => import("./pages/gateway/not_found"));

export function App() {
  const { may } = useRights();
  return (
    <Frame>
      <Boundary>
        <Suspense fallback={<Loading rows={8} />}>
          <Switch>
            <Route path="/">{may("overview.read") && may("calls.read") ? <Home /> : <OwnHome />}</Route>
            <Route path="/calls"><Needs permission="calls.read"><Calls /></Needs></Route>
            <Route path="/calls/:id">{({ id }) => <Needs permission="calls.read"><CallPage key={id} id={id} /></Needs>}</Route>
            <Route path="/tokens"><Needs permission="tokens.read"><Tokens /></Needs></Route>
            <Route path="/tokens/new"><Needs permission="tokens.write"><TokenNew /></Needs></Route>
            <Route path="/tokens/:id">{({ id }) => <Needs permission="tokens.read"><TokenPage key={id} id={id} /></Needs>}</Route>
            <Route path="/applications"><Needs permission="applications.read"><Applications /></Needs></Route>
            <Route path="/applications/:id">{({ id }) => <Needs permission="applications.read"><ApplicationPage key={id} id={id} /></Needs>}</Route>
            <Route path="/limits"><Needs permission="limits.read"><LimitsPage /></Needs></Route>
            <Route path="/alerts"><Needs permission="limits.read"><Alerts /></Needs></Route>
            <Route path="/model-groups"><Needs permission="models.read"><ModelGroups /></Needs></Route>
            <Route path="/plans"><Needs permission="plans.read"><Plans /></Needs></Route>
            <Route path="/plans/:id">{({ id }) => <Needs permission="plans.read"><PlanPage key={id} id={id} /></Needs>}</Route>
            <Route path="/services"><Needs permission="services.read"><Services /></Needs></Route>
            <Route path="/services/new"><Needs permission="services.write"><ServiceForm id="" /></Needs></Route>
            <Route path="/services/:id/edit">{({ id }) => <Needs permission="services.write"><ServiceForm key={id} id={id} /></Needs>}</Route>
            <Route path="/services/:id">{({ id }) => <Needs permission="services.read"><ServicePage key={id} id={id} /></Needs>}</Route>
            <Route path="/providers"><Needs permission="providers.read"><Providers /></Needs></Route>
            <Route path="/providers/new"><Needs permission="providers.write"><ProviderForm id="" /></Needs></Route>
            <Route path="/providers/:id/edit">{({ id }) => <Needs permission="providers.write"><ProviderForm key={id} id={id} /></Needs>}</Route>
            <Route path="/providers/:id">{({ id }) => <Needs permission="providers.read"><ProviderPage key={id} id={id} /></Needs>}</Route>
            <Route path="/models"><Needs permission="models.read"><Models /></Needs></Route>
            <Route path="/usage"><Needs permission="usage.read"><Usage /></Needs></Route>
            <Route path="/people"><Needs permission="users.read"><People /></Needs></Route>
            <Route path="/people/:id">{({ id }) => <Needs permission="users.read"><PersonPage key={id} id={id} /></Needs>}</Route>
            <Route path="/service-accounts"><Needs permission="service_accounts.read"><ServiceAccounts /></Needs></Route>
            <Route path="/service-accounts/:id">{({ id }) => <Needs permission="service_accounts.read"><ServiceAccountPage key={id} id={id} /></Needs>}</Route>
            <Route path="/teams"><Needs permission="teams.read"><Teams /></Needs></Route>
            <Route path="/teams/:id">{({ id }) => <Needs permission="teams.read"><TeamPage key={id} id={id} /></Needs>}</Route>
            <Route path="/rotation"><Needs permission="tokens.read"><Rotations /></Needs></Route>
            <Route path="/security"><Needs permission="security.read"><Security /></Needs></Route>
            <Route path="/roles"><Needs permission="roles.read"><Roles /></Needs></Route>
            <Route path="/account"><Account /></Route>
            <Route path="/audit"><Needs permission="audit.read"><Audit /></Needs></Route>
            <Route path="/webhooks"><Needs permission="notices.read"><Webhooks /></Needs></Route>
            <Route path="/webhooks/:id">{({ id }) => <Needs permission="notices.read"><WebhookPage key={id} id={id} /></Needs>}</Route>
            <Route path="/settings"><Needs permission="overview.read"><Settings /></Needs></Route>
            <Route><NotFound /></Route>
          </Switch>
        </Suspense>
      </Boundary>
    </Frame>
  );
}

/** Shows the page, or why it may not be shown. */
function Needs({ permission, children }: { permission: Permission; children: ReactNode }) {
  const { may, userId } = useRights();
  if (!userId) return <Loading rows={8} />;
  return may(permission) ? children : <NotAllowed permission={permission} />;
}
