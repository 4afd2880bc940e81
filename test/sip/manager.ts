import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Transcript } from "./transcript.ts";

/**
 * A connection to AMI: https://docs.asterisk.org/Configuration/Interfaces/Asterisk-Manager-Interface-AMI/
 */
export class Manager {
  /** Everything that Asterisk has sent on this connection. */
  readonly said = new Transcript();
  readonly #socket: Socket;
  #actions = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("latin1").on("data", (text: string) => this.said.append(text));
  }

  /** Logs in, with all events or none. */
  static async connect(port: number, events: "on" | "off"): Promise<Manager> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    const manager = new Manager(socket);
    await manager.act("Login", { Username: "test", Secret: "test", Events: events });
    return manager;
  }

  /** Sends an action; returns the response. */
  async act(name: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    const id = `action-${(this.#actions += 1)}`;
    const said = this.said.fromNow();
    const lines = Object.entries({ Action: name, ActionID: id, ...headers }).map(([key, value]) => `${key}: ${value}`);
    this.#socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    const [response] = await said(new RegExp(`Response: [^\\r]*\\r\\nActionID: ${id}\\r\\n[^]*?\\r\\n\\r\\n`));
    return response;
  }

  /** Runs a console command; returns its output. */
  async tell(command: string): Promise<string> {
    const response = await this.act("Command", { Command: command });
    return [...response.matchAll(/^Output: (.*)\r$/gm)].map(([, line]) => line).join("\n");
  }

  close(): void {
    this.#socket.destroy();
  }
}
