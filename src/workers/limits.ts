// Limits that the command line has to know before anything of the router is read.

/** Greatest number of threads. */
export const workersMax = 64;
