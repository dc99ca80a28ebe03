/** From a listener's wish to signed URLs: the playback, its lease, the socket that keeps it, the token that pays for it. */
import type { StreamCharge } from "./charges.ts";
import { STREAM_ROWS } from "./measured.ts";
import { OBJECT_MEMORY_GB } from "./prices.ts";
import type { Scenario } from "./scenarios.ts";
import { ASSUMED_OF_STREAM, IN_CODE } from "./stream-profile.ts";

export interface GrantingSettings {
  /** Playbacks that one request grants. */
  readonly songsPerGrant: number;
}

export function grantingCharges({ songSeconds }: Scenario, { songsPerGrant }: GrantingSettings): StreamCharge[] {
  const playbacks = 1 + ASSUMED_OF_STREAM.unheardPreparations;
  const grants = playbacks / songsPerGrant;
  const { renewals, streamsPerConnection, grantCpuMs, objectCallSeconds } = ASSUMED_OF_STREAM;
  const rows = STREAM_ROWS.figures;
  const connections = 1 / streamsPerConnection;
  const accessTokens = songSeconds / IN_CODE.accessTokenSeconds;
  const calls = grants + renewals + connections;
  // A socket that connects writes nothing, and one row when it closes: it was pinged since.
  const leaseRowsWritten = grants * rows.beginRowsWritten + renewals * rows.renewRowsWritten + connections;
  const leaseRowsRead = grants * rows.beginRowsRead + renewals * rows.renewRowsRead;
  return [
    granting("playbacks granted", "workerRequests", grants, true),
    granting("renewals, sockets and access tokens", "workerRequests", renewals + connections + accessTokens),
    granting("CPU of grants and renewals", "workerCpuMs", (playbacks + renewals) * grantCpuMs),
    granting("CPU of access tokens", "workerCpuMs", accessTokens * ASSUMED_OF_STREAM.accessTokenCpuMs),
    granting("rights at a grant", "kvReads", playbacks + renewals),
    granting("what there is to play", "d1RowsRead", (playbacks + renewals) * rows.grantRowsRead),
    granting("sessions behind access tokens", "d1RowsRead", accessTokens * ASSUMED_OF_STREAM.accessTokenRowsRead),
    granting("calls of the listener's object", "objectRequests", calls),
    granting("time of the listener's object", "objectGbSeconds", calls * objectCallSeconds * OBJECT_MEMORY_GB),
    granting("leases", "objectRowsWritten", leaseRowsWritten),
    granting("leases", "objectRowsRead", leaseRowsRead),
  ];
}

function granting(what: string, meter: StreamCharge["meter"], perStream: number, inPaper = false): StreamCharge {
  return { part: "granting", what, meter, perStream, inPaper };
}
