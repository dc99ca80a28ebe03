import { cx } from "../ui/class-names.ts";

const LUGS = Array.from({ length: 12 }, (_, index) => index * 30);

/** A drum from above: a cover for its head, a rim with lugs around it, and the stick that strikes the rim. */
export function Drumhead({ imageUrl, className }: { imageUrl: string | null; className?: string }) {
  return (
    <div className={cx("pointer-events-none aspect-square select-none", className)} aria-hidden="true">
      <div className="absolute inset-[7.5%] overflow-hidden rounded-full bg-raised">
        {imageUrl !== null && <img src={imageUrl} alt="" className="size-full object-cover" draggable={false} />}
      </div>
      <svg viewBox="0 0 400 400" className="absolute inset-0 size-full overflow-visible" fill="none" aria-hidden="true">
        <circle cx="200" cy="200" r="176" stroke="var(--ink)" strokeWidth="12" />
        <circle cx="200" cy="200" r="164" stroke="var(--canvas)" strokeOpacity=".5" strokeWidth="1.5" />
        {LUGS.map((angle) => (
          <rect
            key={angle}
            x="193"
            y="8"
            width="14"
            height="24"
            rx="4"
            fill="var(--ink)"
            stroke="var(--canvas)"
            strokeOpacity=".35"
            transform={`rotate(${angle} 200 200)`}
          />
        ))}
        <g transform="rotate(8 60 320)">
          <path d="M-60 424 72 306" stroke="var(--stick, var(--brass))" strokeWidth="13" strokeLinecap="round" />
          <path d="M58 318 78 300" stroke="var(--stick, var(--brass-strong))" strokeWidth="18" strokeLinecap="round" />
        </g>
        <path
          d="M44 262 24 254M62 292 46 286M92 338 88 358"
          stroke="var(--spark, var(--brass))"
          strokeWidth="7"
          strokeLinecap="round"
        />
      </svg>
    </div>
  );
}
