/** The streams of an account in the listener's own database: one row, read and written as a whole. */
import { type AccountStreams, NO_STREAMS } from "#domain/streams/account-streams.ts";
import { decodeStreams, encodeStreams } from "#domain/streams/streams-record.ts";

export const STREAM_SCHEMA = `
  CREATE TABLE IF NOT EXISTS streams (
    singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
    record TEXT NOT NULL
  ) STRICT;
`;

export class StreamStorage {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Not remembered from call to call: reading it costs less than knowing whether it still holds. */
  read(): AccountStreams {
    const row = this.#sql.exec<{ record: string }>("SELECT record FROM streams").toArray()[0];
    return row === undefined ? NO_STREAMS : decodeStreams(row.record);
  }

  write(streams: AccountStreams): void {
    this.#sql.exec(
      "INSERT INTO streams (singleton, record) VALUES (1, ?) ON CONFLICT DO UPDATE SET record = excluded.record",
      encodeStreams(streams),
    );
  }
}
