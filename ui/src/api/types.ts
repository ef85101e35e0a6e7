/** Short names for the shapes of the management API; the shapes themselves are generated (schema.ts). */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Application = Schemas["ApplicationOutput"];
export type ApplicationInput = Schemas["ApplicationInput"];
export type ApplicationPatch = Schemas["ApplicationPatch"];
export type Attention = Schemas["AttentionItem"];
export type Call = Schemas["CallOutput"];
export type Checklist = Schemas["ChecklistOutput"];
export type Limits = Schemas["LimitsOutput"];
export type Live = Schemas["LiveOutput"];
export type Meters = Schemas["MetersOutput"];
export type Model = Schemas["ModelOutput"];
export type Period = Schemas["BudgetOutput"]["period"];
export type Probe = Schemas["ProbeOutput"];
export type Provider = Schemas["ProviderOutput"];
export type ProviderInput = Schemas["ProviderInput"];
export type ProviderPatch = Schemas["ProviderPatch"];
export type Service = Schemas["ServiceOutput"];
export type ServiceInput = Schemas["ServiceInput"];
export type ServicePatch = Schemas["ServicePatch"];
export type Session = Schemas["SessionOutput"];
export type Token = Schemas["TokenOutput"];
export type TokenInput = Schemas["TokenInput"];
export type TokenPatch = Schemas["TokenPatch"];
export type UpstreamNow = Schemas["UpstreamNowItem"];
export type UsageRow = Schemas["UsageItem"];
