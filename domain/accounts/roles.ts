/** Who may call what. A route declares one policy; an account has one role. */
export const ROLES = ["listener", "artist", "label", "admin", "job"] as const;
export type Role = (typeof ROLES)[number];

/**
 * `public` asks for nothing. `signed` is for URLs that carry their own authority: a token in the query, made by
 * us for one resource and a short time. The rest name the least role that may call.
 */
export const POLICIES = ["public", "signed", "listener", "artist", "label", "admin", "job"] as const;
export type Policy = (typeof POLICIES)[number];

const GRANTED: Readonly<Record<Role, readonly Policy[]>> = {
  listener: ["public", "listener"],
  artist: ["public", "listener", "artist"],
  label: ["public", "listener", "artist", "label"],
  admin: ["public", "listener", "artist", "label", "admin"],
  // A job holds what its work needs and nothing of a person's: a leaked job credential cannot read an account.
  job: ["public", "job"],
};

export function isRole(text: unknown): text is Role {
  return typeof text === "string" && (ROLES as readonly string[]).includes(text);
}

export function roleMeetsPolicy(role: Role, policy: Policy): boolean {
  return GRANTED[role].includes(policy);
}
