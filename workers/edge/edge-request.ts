import { requestIdOf } from "#workers/shared/http/request-log.ts";
import type { RequestTarget } from "./request-target.ts";

/** A request as the edge's routes get it: what came, with what it may use, and when. */
export class EdgeRequest {
  readonly request: Request;
  readonly env: EdgeEnv;
  readonly ctx: ExecutionContext;
  readonly target: RequestTarget;
  readonly receivedAtMs: number;
  #id: string | null = null;

  constructor(
    request: Request,
    env: EdgeEnv,
    ctx: ExecutionContext,
    { target, receivedAtMs }: Pick<EdgeRequest, "target" | "receivedAtMs">,
  ) {
    this.request = request;
    this.env = env;
    this.ctx = ctx;
    this.target = target;
    this.receivedAtMs = receivedAtMs;
  }

  /** Made when it is asked for: a range that goes well needs none. */
  get id(): string {
    this.#id ??= requestIdOf(this.request);
    return this.#id;
  }
}
