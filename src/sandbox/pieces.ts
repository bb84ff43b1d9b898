/** The prepared video of every size that a sandbox draft can have. */
import type { Piece } from "./piece.ts";
import { PIECE_1080X1080 } from "./pieces/1080x1080.ts";
import { PIECE_1080X1350 } from "./pieces/1080x1350.ts";
import { PIECE_1080X1440 } from "./pieces/1080x1440.ts";
import { PIECE_1080X1920 } from "./pieces/1080x1920.ts";
import { PIECE_1280X720 } from "./pieces/1280x720.ts";
import { PIECE_1440X1080 } from "./pieces/1440x1080.ts";
import { PIECE_1920X1080 } from "./pieces/1920x1080.ts";
import { PIECE_2520X1080 } from "./pieces/2520x1080.ts";

export const PIECES: readonly [Piece, ...Piece[]] = [
  PIECE_1920X1080,
  PIECE_1080X1920,
  PIECE_1280X720,
  PIECE_1080X1080,
  PIECE_1080X1350,
  PIECE_1080X1440,
  PIECE_1440X1080,
  PIECE_2520X1080,
];

/** What a finished file's pictures are measured in. */
export type Frame = { readonly width: number; readonly height: number };

/** How far a frame is from another one's shape: 0 for the same. */
const apart = (a: Frame, b: Frame): number => Math.abs(Math.log((a.width * b.height) / (a.height * b.width)));

/** The piece of exactly this size; else the one nearest in shape, and the first for a frame without a size. */
export function pieceFor(frame: Frame): Piece {
  const exact = PIECES.find(({ width, height }) => width === frame.width && height === frame.height);
  return exact ?? PIECES.reduce((best, piece) => (apart(piece, frame) < apart(best, frame) ? piece : best), PIECES[0]);
}

/** A piece of another size, for the fault that swaps them. */
export const otherThan = (piece: Piece): Piece => PIECES.find((other) => other !== piece) ?? piece;
