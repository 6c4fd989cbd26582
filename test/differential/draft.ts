/** One field line, in the pieces that mutations change. */
export interface FieldDraft {
  name: string;
  separator: string;
  value: string;
  end: string;
}

/** A message in the pieces that mutations change: of a request, method, target, version; of a response, version, status, reason. */
export interface Draft {
  before: string;
  first: string;
  gap: string;
  second: string;
  otherGap: string;
  third: string;
  lineEnd: string;
  fields: FieldDraft[];
  headEnd: string;
  body: Body;
}

export type Body =
  | { kind: 'none' }
  | { kind: 'plain'; text: string }
  | { kind: 'chunked'; chunks: ChunkDraft[]; trailer: string };

export interface ChunkDraft {
  size: string;
  sizeEnd: string;
  data: string;
  dataEnd: string;
}

export const fieldDraft = (name: string, value: string): FieldDraft => ({
  name,
  separator: ': ',
  value,
  end: '\r\n',
});

/** Well-formed chunks, the last one included. */
export const chunkDrafts = (pieces: readonly string[]): ChunkDraft[] => [
  ...pieces.map((data) => ({ size: data.length.toString(16), sizeEnd: '\r\n', data, dataEnd: '\r\n' })),
  { size: '0', sizeEnd: '\r\n', data: '', dataEnd: '' },
];

export function render(draft: Draft): string {
  const line = draft.before + draft.first + draft.gap + draft.second + draft.otherGap + draft.third;
  const fields = draft.fields.map(({ name, separator, value, end }) => name + separator + value + end);
  return line + draft.lineEnd + fields.join('') + draft.headEnd + renderBody(draft.body);
}

function renderBody(body: Body): string {
  switch (body.kind) {
    case 'none':
      return '';
    case 'plain':
      return body.text;
    case 'chunked':
      return (
        body.chunks.map(({ size, sizeEnd, data, dataEnd }) => size + sizeEnd + data + dataEnd).join('') +
        body.trailer
      );
  }
}
