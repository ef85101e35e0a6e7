/** What Mantine must know; everything that can be CSS is in theme/*.css. */
import { createTheme } from "@mantine/core";

export const theme = createTheme({
  primaryColor: "blue",
  fontFamily: "var(--font)",
  fontFamilyMonospace: "var(--mono)",
  defaultRadius: "sm",
  respectReducedMotion: true,
  components: {
    // A scroll lock would add a style element, which the content security policy refuses.
    Modal: { defaultProps: { lockScroll: false, centered: true, overlayProps: { backgroundOpacity: 0.4 }, closeButtonProps: { "aria-label": "Close" } } },
    Tooltip: { defaultProps: { withArrow: false, openDelay: 250, events: { hover: true, focus: true, touch: true } } },
    Button: { defaultProps: { size: "xs" } },
    TextInput: { defaultProps: { size: "sm" } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray" } },
    Menu: { defaultProps: { shadow: "md", withinPortal: true } },
  },
});

/** Mantine writes `<style>` elements only for these; our CSS files take their place. */
export const providerProps = { theme, withCssVariables: false, withGlobalClasses: false, defaultColorScheme: "auto" } as const;
