// Sends the requests that come as lines of JSON, [service, operation, parameters], and writes what came back as a line of JSON.
import * as connect from "@aws-sdk/client-connect";
import { createInterface } from "node:readline";

const client = new connect.ConnectClient({ endpoint: process.env.ENDPOINT, region: "us-east-1", maxAttempts: 1 });
const TIMES = new Set(["StartTime", "EndTime", "ScheduledTime"]);
const prepared = (value, name) => {
  if (value === null) return undefined;
  if (typeof value === "number" && TIMES.has(name)) return new Date(value * 1000);
  if (Array.isArray(value)) return value.map((one) => prepared(one, ""));
  if (typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, prepared(inner, key)]));
  }
  return value;
};
for await (const line of createInterface({ input: process.stdin })) {
  const [, operation, parameters] = JSON.parse(line);
  let told;
  try {
    if (connect[`${operation}Command`] === undefined) throw new Error("unknown");
    const answer = await client.send(new connect[`${operation}Command`](prepared(parameters, "")));
    delete answer.$metadata;
    told = { answer };
  } catch (error) {
    told = error.message === "unknown" ? { unknown: true } : { error: [error.name, error.$metadata?.httpStatusCode ?? 0, String(error.message)] };
  }
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
