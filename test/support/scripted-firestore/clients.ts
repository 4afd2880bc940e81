/** One client of the database, known by what its requests say of themselves. */
interface Client {
  /** How many requests it has left; endless unless it is to die. */
  left: number;
  /** Whether its last request is done, though it hears nothing of it. */
  isLastDone: boolean;
  isDead: boolean;
  /** What ends its streams, and who else hears of its death. */
  readonly mourners: Set<() => void>;
}

/** When a client dies: with the request of that number from now on, counted from 1. */
export interface Death {
  readonly request: number;
  /** Whether Firestore does what that request says. */
  readonly isDone: boolean;
}

/** The clients of a Firestore: each may die with a request of its own, and is not heard of or answered from then on. */
export function createClients() {
  const clients = new Map<string, Client>();
  const find = (name: string): Client => {
    const client = clients.get(name) ?? { left: Infinity, isLastDone: false, isDead: false, mourners: new Set() };
    clients.set(name, client);
    return client;
  };
  const bury = (client: Client) => {
    client.isDead = true;
    for (const mourn of client.mourners) mourn();
    client.mourners.clear();
  };
  return {
    kill: (name: string) => bury(find(name)),
    dieAt: (name: string, { request, isDone }: Death) => {
      Object.assign(find(name), { left: request, isLastDone: isDone });
    },
    /** Calls `mourn` when a client dies; what it returns makes that undone. */
    onDeath: (name: string, mourn: () => void) => {
      const { mourners } = find(name);
      mourners.add(mourn);
      return () => mourners.delete(mourn);
    },
    isDead: (name: string) => clients.get(name)?.isDead === true,
    /** Counts a request; false when it never arrives. */
    arrives: (name: string): boolean => {
      const client = find(name);
      if (client.isDead) return false;
      client.left -= 1;
      if (client.left > 0) return true;
      bury(client);
      return client.isLastDone;
    },
  };
}
