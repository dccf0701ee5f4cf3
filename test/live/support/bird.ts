// BIRD in a host of the lab: OSPF on an interface, with a loopback of its own to tell of. Logs and control sockets are in
// the lab's folder; no service of the system is touched.
import type { Lab, Namespace } from './lab.ts';
import { pause } from './traffic.ts';

export class Bird {
  readonly #host: Namespace;
  readonly #socket: string;

  /** `loopback`: an address of its own, told by OSPF; it is the router id too. */
  constructor(lab: Lab, host: Namespace, name: string, loopback: string, link = 'eth0') {
    this.#host = host;
    this.#socket = lab.path(`${name}.ctl`);
    host.ip(`addr add ${loopback}/32 dev lo`);
    const config = lab.file(
      `${name}.conf`,
      `router id ${loopback};
protocol device {}
protocol kernel { ipv4 { export all; }; }
protocol ospf v2 over {
  ipv4 { import all; export none; };
  area 0 {
    interface "${link}" { type broadcast; hello 1; wait 2; dead count 4; };
    interface "lo" { stub; };
  };
}
`,
    );
    const files = ['-c', config, '-s', this.#socket, '-P', lab.path(`${name}.pid`)];
    host.spawn(['bird', '-f', ...files], { stdio: 'ignore' });
  }

  show(...words: string[]): string {
    return this.#host.run('birdc', '-r', '-s', this.#socket, 'show', ...words).out;
  }

  /** Waits for what an answer is to contain; answers the last one. */
  async shows(pattern: RegExp, ...words: string[]): Promise<string> {
    for (let tries = 0; tries < 60; tries++) {
      if (pattern.test(this.show(...words))) break;
      await pause(500);
    }
    return this.show(...words);
  }
}
