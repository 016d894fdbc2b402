type Span = { from: number; to: number };

export type Scale = {
  /** Where a moment stands on the line, from 0 to 1. */
  at(moment: number): number;
  /** Long times in which nothing ran: they are drawn short. */
  pauses: { at: number; milliseconds: number }[];
  /** Those pauses whose length is written above the line, the longest first, and where: no two stand upon each other. */
  written: { at: number; milliseconds: number }[];
  /** Moments at even distances to write beside the line. None with a pause, which breaks it. */
  ticks: { at: number; words: string }[];
};

// Of the time in which something ran. A longer pause is drawn as if it were this long.
const longestPause = 0.15;

/** A line of time on which all spans can be seen, also if hours lie between them. Moments are milliseconds. */
export function scaleOf(spans: readonly Span[]): Scale {
  const blocks = joined(spans);
  const busy = blocks.reduce((sum, { from, to }) => sum + to - from, 0);
  const limit = Math.max(2_000, busy * longestPause);
  const pieces: (Span & { length: number; isPause: boolean })[] = [];
  for (const [index, block] of blocks.entries()) {
    const before = blocks[index - 1];
    if (before) {
      const gap = block.from - before.to;
      pieces.push({ from: before.to, to: block.from, length: Math.min(gap, limit), isPause: gap > limit });
    }
    pieces.push({ ...block, length: block.to - block.from, isPause: false });
  }
  const total = pieces.reduce((sum, { length }) => sum + length, 0) || 1;

  const at = (moment: number): number => {
    let length = 0;
    for (const piece of pieces) {
      const part = Math.min(1, Math.max(0, (moment - piece.from) / (piece.to - piece.from || 1)));
      length += part * piece.length;
    }
    return length / total;
  };
  const pauses = pieces
    .filter(({ isPause }) => isPause)
    .map(({ from, to }) => ({ at: at((from + to) / 2), milliseconds: to - from }));
  const from = blocks[0]?.from ?? 0;
  const ticks =
    pauses.length > 0
      ? []
      : ticksOf(total).map(({ milliseconds, words }) => ({ at: at(from + milliseconds), words }));
  return { at, pauses, written: writtenOf(pauses), ticks };
}

// As parts of a line of 250 px, as it is beside the text: what the words for a pause take, and how far from its ends they stay.
const roomForWords = 0.4;
const fromEnds = 0.15;

function writtenOf(pauses: Scale["pauses"]): Scale["written"] {
  const written: Scale["written"] = [];
  for (const { at, milliseconds } of pauses.toSorted((one, other) => other.milliseconds - one.milliseconds)) {
    const inside = Math.min(1 - fromEnds, Math.max(fromEnds, at));
    if (written.every((other) => Math.abs(other.at - inside) >= roomForWords))
      written.push({ at: inside, milliseconds });
  }
  return written;
}

function joined(spans: readonly Span[]): Span[] {
  const blocks: Span[] = [];
  for (const { from, to } of spans.toSorted((one, other) => one.from - other.from)) {
    const last = blocks.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else blocks.push({ from, to });
  }
  return blocks;
}

const distances = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 86_400].map(
  (seconds) => seconds * 1000,
);

function ticksOf(total: number): { milliseconds: number; words: string }[] {
  const distance = distances.find((length) => total / length <= 5) ?? total;
  // The last one needs room for what is written beside it.
  return Array.from({ length: Math.floor((total * 0.93) / distance) + 1 }, (_, index) => {
    const milliseconds = index * distance;
    return { milliseconds, words: milliseconds === 0 ? "0" : inUnitOf(distance, milliseconds) };
  });
}

// In one unit: "1 min 15 s" would reach into the words beside it, and over the edge of a phone.
function inUnitOf(distance: number, milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (distance < 60_000) return `${seconds} s`;
  if (distance < 3_600_000) return `${seconds / 60} min`;
  return distance < 86_400_000 ? `${seconds / 3_600} h` : `${Math.round(seconds / 86_400)} d`;
}
