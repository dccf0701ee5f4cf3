// What a running router says of itself: fields and a sentence. pino's loggers are of this kind; tests take a list.

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
