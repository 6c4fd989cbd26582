import { z } from 'zod';
import { MacaroonError } from '../error.js';
import type { Reader } from '../wire/reader.js';
import type { Writer } from '../wire/writer.js';
import { parseMask, printMask, type Mask } from './mask.js';

/** What JSON can hold, with whole numbers of 64 bits: these are printed as numbers, as the makers of this format do. */
export type Json =
  string | number | bigint | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** How one kind of value looks on the wire and in JSON. */
export interface Shape<T> {
  /** @throws MacaroonError `malformed` */
  read(from: Reader): T;
  write(to: Writer, value: T): void;
  json(value: T): Json;
  /** What is parsed from JSON; numbers beyond 2^53 are given as strings. */
  readonly schema: z.ZodType<T>;
}

const integer = (least: bigint, most: bigint): z.ZodType<bigint> =>
  z
    .union([z.int(), z.string().regex(/^-?\d{1,20}$/)])
    .transform((value) => BigInt(value))
    .refine((value) => value >= least && value <= most, 'out of range');

const whole = (least: bigint, most: bigint): Shape<bigint> => ({
  read(from) {
    const value = from.int();
    if (value < least || value > most) throw new MacaroonError('malformed', 'a number out of range');
    return value;
  },
  write: (to, value) => void to.int(value),
  json: (value) => value,
  schema: integer(least, most),
});

export const uint64 = whole(0n, 2n ** 64n - 1n);
export const int64 = whole(-(2n ** 63n), 2n ** 63n - 1n);
export const uint32 = whole(0n, 2n ** 32n - 1n);

const uint16 = whole(0n, 0xffffn);

export const mask: Shape<Mask> = {
  read: (from) => Number(uint16.read(from)),
  write: (to, value) => uint16.write(to, BigInt(value)),
  json: printMask,
  schema: z.string().transform((text, { addIssue }) => {
    const parsed = parseMask(text);
    if (parsed === null) addIssue('a mask is * or letters of r, w, c, d, C');
    return parsed ?? 0;
  }),
};

export const text: Shape<string> = {
  read: (from) => from.text(),
  write: (to, value) => void to.text(value),
  json: (value) => value,
  schema: z.string(),
};

export const flag: Shape<boolean> = {
  read: (from) => from.bool(),
  write: (to, value) => void to.bool(value),
  json: (value) => value,
  schema: z.boolean().default(false),
};

export const binary: Shape<Buffer> = {
  read: (from) => from.binary(),
  write: (to, value) => void to.binary(value),
  json: (value) => value.toString('base64'),
  schema: z.base64().transform((value) => Buffer.from(value, 'base64')),
};

/** A number of any size, as its bytes. */
export const bigNumber: Shape<bigint> = {
  read: (from) => BigInt(`0x0${from.binary().toString('hex')}`),
  write(to, value) {
    const hex = value === 0n ? '' : value.toString(16);
    to.binary(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'));
  },
  json: (value) => value,
  schema: z.union([z.int().min(0), z.string().regex(/^\d{1,80}$/)]).transform((value) => BigInt(value)),
};

/** Makers of this format write an empty list as nil, too. */
export const list = <T>(of: Shape<T>): Shape<readonly T[]> => ({
  read: (from) => (from.nil() ? [] : Array.from({ length: from.array() }, () => of.read(from))),
  write(to, values) {
    to.array(values.length);
    for (const value of values) of.write(to, value);
  },
  json: (values) => values.map((value) => of.json(value)),
  schema: z.array(of.schema).max(256),
});

/** A structure without fields. */
export const nothing: Shape<Readonly<Record<string, never>>> = {
  read(from) {
    from.struct(0);
    return {};
  },
  write: (to) => void to.array(0),
  json: () => ({}),
  schema: z.strictObject({}),
};

/** A structure: an array of its fields in order; in JSON, an object. */
export function fields<T extends object>(shapes: { readonly [K in keyof T]: Shape<T[K]> }): Shape<T> {
  const names = Object.keys(shapes) as (keyof T & string)[];
  return {
    read(from) {
      from.struct(names.length);
      return Object.fromEntries(names.map((name) => [name, shapes[name].read(from)])) as T;
    },
    write(to, value) {
      to.array(names.length);
      for (const name of names) shapes[name].write(to, value[name]);
    },
    json: (value) => Object.fromEntries(names.map((name) => [name, shapes[name].json(value[name])])),
    schema: z.strictObject(
      Object.fromEntries(names.map((name) => [name, shapes[name].schema])),
    ) as unknown as z.ZodType<T>,
  };
}
