declare module "*.css";
declare module "*.svg" {
  const address: string;
  export default address;
}
declare module "@tabler/icons-react/dist/esm/icons/*.mjs" {
  import type { FunctionComponent } from "react";
  const icon: FunctionComponent<{ size?: number; stroke?: number; color?: string; "aria-label"?: string; className?: string }>;
  export default icon;
}
