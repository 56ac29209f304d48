import { optional, record, text } from '../../shape.ts';
import { shaped } from '../shaped.ts';

/** The query of `GET /login`, in every mode. */
export const loginQuery = shaped(record({ returnTo: optional(text()) }));
