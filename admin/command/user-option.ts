import { Option } from "commander";
import { requireUser } from "./arguments.ts";

/** The option `--user` of commands that take a device id. */
export function deviceUserOption(): Option {
  const about = "the device's user, by uid or email; needed if several users have that device id";
  return new Option("--user <user>", about).argParser(requireUser);
}
