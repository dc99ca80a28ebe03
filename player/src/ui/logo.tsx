/** The mark: a drum seen from above, and a stick on its rim. */
export function Mark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={className} aria-hidden="true" fill="none" strokeLinecap="round">
      <circle cx="13.5" cy="18.5" r="10" stroke="currentColor" strokeWidth="3.6" />
      <path d="M30.2 1.8 20.9 11.1" stroke="var(--brass-strong)" strokeWidth="3.6" />
      <path d="M15.4 1.6v3.2M30.4 16.6h-3.2" stroke="var(--brass-strong)" strokeWidth="2.6" />
    </svg>
  );
}

/** The name in strokes of one width; its o is the drum. */
export function Wordmark({ className }: { className?: string }) {
  return (
    <svg
      viewBox="0 0 150 36"
      className={className}
      role="img"
      aria-label="Rimshot"
      fill="none"
      stroke="currentColor"
      strokeWidth="4.6"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d="M4 30V13M4 19c0-4 3-6.4 7.5-6" />
      <path d="M19 13v17" />
      <path d="M28 30V13M28 19.5c0-4.2 2.4-6.7 5.8-6.7s5.6 2.5 5.6 6.7V30M39.4 19.500c0-4.2 2.4-6.7 5.8-6.700s5.6 2.5 5.6 6.700V30" />
      <path d="M70 15.400c-1.5-1.8-3.5-2.6-6-2.6-3.2 0-5.4 1.5-5.4 4 0 6 12.2 2.8 12.2 8.9 0 2.9-2.5 4.7-6.2 4.7-2.9 0-5.3-1-6.8-3" />
      <path d="M79 30V4M79 19.800c0-4.3 2.6-7 6.4-7s6.2 2.7 6.2 7V30" />
      <circle cx="108" cy="21.5" r="8.7" />
      <path d="M135.5 6v18.5c0 3.7 1.9 5.6 5.3 5.6h2M129.5 13H143" />
      <path d="M122.6 4.6 115.2 14.6" stroke="var(--brass-strong)" />
      <path d="M19 4.600v.1" stroke="var(--brass-strong)" strokeWidth="5.4" />
    </svg>
  );
}
