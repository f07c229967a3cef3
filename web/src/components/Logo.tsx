/** A holdfast is the root by which seaweed clings to rock. */
export function Logo() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#0b5cad" />
      <path
        d="M16 5v9m0 0c-5 0-8 3-8 7m8-7c5 0 8 3 8 7m-8-7v12"
        stroke="#fff"
        strokeWidth="2.6"
        fill="none"
        strokeLinecap="round"
      />
      <circle cx="8" cy="24" r="2.4" fill="#fff" />
      <circle cx="16" cy="27" r="2.4" fill="#fff" />
      <circle cx="24" cy="24" r="2.4" fill="#fff" />
    </svg>
  );
}
