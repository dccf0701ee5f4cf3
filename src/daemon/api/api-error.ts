// What the API answers when it does not do what was asked: a status and a list of what is wrong, each with its place.
import type { Problem } from '../../control/config/index.ts';

export interface ApiProblem {
  /** `changes[3].route.via`, the name of a parameter, or empty for the request as a whole. */
  readonly path: string;
  readonly message: string;
  /** In a body that is text: from 1. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly statusCode: number;
  readonly problems: readonly ApiProblem[];

  constructor(statusCode: number, problems: readonly ApiProblem[]) {
    super(problems.map(({ path, message }) => `${path}: ${message}`).join('\n'));
    this.statusCode = statusCode;
    this.problems = problems;
  }
}

export function refusal(statusCode: number, message: string, path = ''): ApiError {
  return new ApiError(statusCode, [{ path, message }]);
}

/** Problems of a text, with where they are in it. */
export function textProblems(problems: readonly Problem[]): ApiProblem[] {
  return problems.map(({ path, message, line, column }) => ({ path, message, ...(line > 0 && { line, column }) }));
}
