import type { Series } from './layout.ts';

/** How much room there is for a drawing, in pixels. */
export interface Room {
  width: number;
  height: number;
}

/** A place in a drawing that stands for one point, and tells about it when one points at it. */
export interface Spot {
  /** Where one points at it. */
  area: { x: number; y: number; width: number; height: number };
  /** What it tells stands above this place. */
  tip: { x: number; y: number };
  /** What is shown more strongly meanwhile. */
  marks: SVGElement[];
}

/** What is drawn; it may need more height than there was. */
export interface Drawing {
  shapes: SVGElement[];
  /** One for each point, in their order; none where there is nothing to tell. */
  spots: Spot[];
  height: number;
}

/** Draws a series into a room. */
export type Draw = (series: Series, room: Room) => Drawing;
