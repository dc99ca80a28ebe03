import { isRejectCode, REJECT_REASONS } from "#domain/ingest/upload-states.ts";
import type { RecordingRow, UploadRow } from "#workers/ingest/catalog/catalog-store.ts";
import type { Upload } from "./uploads-contract.ts";

export function toUpload(upload: UploadRow, recording: RecordingRow): Upload {
  return {
    id: upload.id,
    track_id: recording.id,
    release_id: recording.releaseId,
    title: recording.title,
    state: upload.state,
    reason: reasonOf(upload),
    file: {
      name: upload.fileName,
      size_bytes: upload.sizeBytes,
      content_type: upload.contentType,
      sha256: upload.sha256,
    },
    transcode_progress: upload.state === "TRANSCODING" ? (upload.transcodeProgress ?? 0) : null,
    created_at: new Date(upload.createdAt).toISOString(),
    updated_at: new Date(upload.updatedAt).toISOString(),
  };
}

function reasonOf({ rejectCode, rejectDetail }: UploadRow): Upload["reason"] {
  if (rejectCode === null) return null;
  const message = isRejectCode(rejectCode) ? REJECT_REASONS[rejectCode] : "The upload was refused.";
  return { code: rejectCode, message, detail: rejectDetail ?? "" };
}
