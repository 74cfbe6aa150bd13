/** The mark: four levers, one pulled. */
export function SignalboxMark() {
  return (
    <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
      <path
        d="M3 17V7m4.7 10V7m4.6 10V2M17 17V7"
        stroke="currentColor"
        strokeWidth="2.4"
        fill="none"
      />
    </svg>
  );
}
