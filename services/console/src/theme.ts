/** Paper and ink; colour is kept for exceptions. Every token of the console is decided here. */
import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
} from '@mantine/core';

const petrol: MantineColorsTuple = [
  '#e9f4f4',
  '#d3e6e6',
  '#a5cdcd',
  '#74b3b3',
  '#4c9d9e',
  '#328f90',
  '#218788',
  '#0e7071',
  '#046465',
  '#005657',
];

const down: MantineColorsTuple = [
  '#fdecea',
  '#f9d3cd',
  '#f2a89c',
  '#eb7a69',
  '#e0523d',
  '#d6412b',
  '#cf3a24',
  '#b3261e',
  '#9a1f18',
  '#7d1812',
];

/** Mantine reads fixed meanings from this tuple: 0 text, 2 dimmed, 4 border, 6 input, 7 body. */
const ink: MantineColorsTuple = [
  '#ebe8de',
  '#c9cabf',
  '#9fa69e',
  '#6d756e',
  '#3a4641',
  '#2b3531',
  '#1f2926',
  '#18211e',
  '#121a17',
  '#0c1210',
];

/** Mantine's neutral, warmed to the paper: tracks, keys, quiet hovers. */
const paper: MantineColorsTuple = [
  '#f6f4ee',
  '#ece8dc',
  '#e2ddcf',
  '#d9d5c8',
  '#cfcabb',
  '#aaa698',
  '#85867c',
  '#5b625c',
  '#3a423d',
  '#222a26',
];

const sans = "'Schibsted Grotesk Variable', system-ui, sans-serif";

const transitionProps = { duration: 120 };

export const theme = createTheme({
  colors: { petrol, down, gray: paper, dark: ink },
  primaryColor: 'petrol',
  primaryShade: { light: 7, dark: 4 },
  black: '#17201c',
  white: '#fffdf8',
  // The accent is light in the dark, so what stands on it has to follow the scheme.
  variantColorResolver: (input) => {
    const colors = defaultVariantColorsResolver(input);
    return input.variant === 'filled' ? { ...colors, color: 'var(--on-accent)' } : colors;
  },
  fontFamily: sans,
  fontFamilyMonospace: "'Martian Mono Variable', ui-monospace, monospace",
  fontSizes: { xs: '0.75rem', sm: '0.8438rem', md: '0.9375rem', lg: '1.0625rem', xl: '1.1875rem' },
  headings: {
    fontFamily: sans,
    fontWeight: '680',
    sizes: {
      h1: { fontSize: '1.75rem', lineHeight: '1.15' },
      h2: { fontSize: '1.1875rem', lineHeight: '1.25' },
      h3: { fontSize: '0.9375rem', lineHeight: '1.3' },
    },
  },
  defaultRadius: 'xs',
  radius: { xs: '3px', sm: '5px', md: '5px', lg: '5px', xl: '5px' },
  shadows: { xs: 'none', sm: 'none', md: 'none', lg: 'none', xl: 'none' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'sm' } },
    // A <header> here would be a second banner landmark.
    ModalHeader: { defaultProps: { component: 'div' } },
    DrawerHeader: { defaultProps: { component: 'div' } },
    Modal: {
      defaultProps: { radius: 'sm', closeButtonProps: { 'aria-label': 'Close' }, transitionProps },
      styles: { title: { fontWeight: 680, fontSize: '1.1875rem' } },
    },
    Drawer: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' }, transitionProps } },
    Menu: {
      defaultProps: {
        radius: 'sm',
        transitionProps,
        // The placeholder is no menu item, and a menu may hold nothing else.
        withInitialFocusPlaceholder: false,
      },
    },
    // Everything on the page stands in a landmark, what floats over it too.
    Portal: { defaultProps: { target: '#overlays' } },
    // Colour alone does not tell a link from the text around it.
    Anchor: { defaultProps: { underline: 'always' } },
    Tooltip: { defaultProps: { openDelay: 200, transitionProps } },
  },
});

export const cssVariables: CSSVariablesResolver = () => ({
  variables: { '--warn': '#c98a1b', '--down': '#cf3a24', '--info': '#3f6fb0' },
  light: {
    '--mantine-color-body': '#f6f4ee',
    '--mantine-color-text': '#17201c',
    '--mantine-color-dimmed': '#5b625c',
    '--mantine-color-placeholder': '#6b716b',
    '--mantine-color-default': '#fffdf8',
    '--mantine-color-default-border': '#cfcabb',
    '--mantine-color-error': '#b3261e',
    '--mantine-color-anchor': '#0e7071',
    '--on-accent': '#fffdf8',
    '--surface': '#fffdf8',
    '--rule': '#d9d5c8',
    '--ok-quiet': '#a9b8a6',
    '--stub': '#c9c4b4',
    '--wash': '#ece8dc',
    '--warn-text': '#7a5208',
  },
  dark: {
    '--mantine-color-body': '#111816',
    '--mantine-color-text': '#ebe8de',
    '--mantine-color-dimmed': '#9fa69e',
    '--mantine-color-default-border': '#36413c',
    '--mantine-color-error': '#ff9c8c',
    '--mantine-color-anchor': '#74b3b3',
    '--on-accent': '#0c1210',
    '--surface': '#18211e',
    '--rule': '#2b3531',
    '--ok-quiet': '#4d6353',
    '--stub': '#3a4641',
    '--wash': '#1f2926',
    '--warn-text': '#e0b35c',
  },
});
