/** One client of the database, identified by its requests' metadata. */
interface Client {
  /** How many requests it has left; Infinity unless it is to die. */
  left: number;
  /** Whether its last request takes effect although it gets no answer. */
  isLastDone: boolean;
  isDead: boolean;
  /** Called on its death: they cut its streams and tell the test. */
  readonly deathListeners: Set<() => void>;
}

/** When a client dies: at its request of that number from now on, counted from 1. */
export interface Death {
  readonly request: number;
  /** Whether Firestore still performs that request. */
  readonly isDone: boolean;
}

/**
 * The clients of a Firestore: each may die at a request of its own; after that its requests are ignored and get no answer.
 */
export function createClients() {
  const clients = new Map<string, Client>();
  const find = (name: string): Client => {
    const client = clients.get(name) ?? { left: Infinity, isLastDone: false, isDead: false, deathListeners: new Set() };
    clients.set(name, client);
    return client;
  };
  const markDead = (client: Client) => {
    client.isDead = true;
    for (const listener of client.deathListeners) listener();
    client.deathListeners.clear();
  };
  return {
    kill: (name: string) => markDead(find(name)),
    dieAt: (name: string, { request, isDone }: Death) => {
      Object.assign(find(name), { left: request, isLastDone: isDone });
    },
    /** Calls `listener` when a client dies; the returned function undoes that. */
    onDeath: (name: string, listener: () => void) => {
      const { deathListeners } = find(name);
      deathListeners.add(listener);
      return () => deathListeners.delete(listener);
    },
    isDead: (name: string) => clients.get(name)?.isDead === true,
    /** Counts a request; false when the request never arrives. */
    arrives: (name: string): boolean => {
      const client = find(name);
      if (client.isDead) return false;
      client.left -= 1;
      if (client.left > 0) return true;
      markDead(client);
      return client.isLastDone;
    },
  };
}
