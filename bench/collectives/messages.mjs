/** The two protocol-buffer messages with which a task of a TensorFlow cluster is started. */

const varint = number => {
  const bytes = [];
  for (; number > 127; number >>>= 7) bytes.push((number & 127) | 128);
  return [...bytes, number];
};
const integer = (field, value) => [...varint(field << 3), ...varint(value)];
const bytes = (field, content) => [...varint((field << 3) | 2), ...varint(content.length), ...content];
const string = (field, text) => bytes(field, Buffer.from(text));

const JOB = 'worker';

/** tensorflow.ConfigProto: which task assigns the keys of the collectives. */
export function sessionConfig() {
  const experimental = string(1, `/job:${JOB}/replica:0/task:0`); // collective_group_leader
  return Uint8Array.from(bytes(16, experimental));
}

/**
 * tensorflow.ServerDef of one task.
 * @param addresses host:port by rank
 */
export function serverDef(addresses, rank) {
  // map<int32, string>
  const tasks = addresses.map((address, i) => bytes(2, [...integer(1, i), ...string(2, address)]));
  const job = [...string(1, JOB), ...tasks.flat()];
  const cluster = bytes(1, job);
  return Uint8Array.from([
    ...bytes(1, cluster),
    ...string(2, JOB),
    ...integer(3, rank),
    ...bytes(4, sessionConfig()), // default_session_config
    ...string(5, 'grpc'),
  ]);
}
