/** What a file tells of its frames without decoding them: a thousandth of what starting ffmpeg costs, for data sets of thousands of clips. */
import {
  EncodedPacketSink,
  FilePathSource,
  Input,
  Logging,
  LogLevel,
  MATROSKA,
  MP4,
  QTFF,
  WEBM,
  type EncodedPacket,
  type InputVideoTrack,
} from 'mediabunny';
import {avcPictures, onlyParameters, unitsOf} from './avc.js';

// A codec that it can't play is no fault of a file that is only counted.
Logging.level = LogLevel.Silent;

/** What the tables say. */
export interface TableInfo {
  /** Seconds at which frames are shown, ascending; one a packet. */
  times: number[];
  /** Degrees by which a player turns the pictures. */
  rotation: number;
  /** True where each packet gives one frame. Elsewhere only the decoder knows. */
  counted: boolean;
  /** True where the first frame refers to others, which are not there. */
  amidst: boolean;
  /** Size of the frames, where the stream itself tells it; that of the container alone may be another. */
  size?: {width: number; height: number};
}

const METADATA = {metadataOnly: true} as const;
/** Codecs whose packets are frames, once the first one is a key frame. Those of VP8 may be hidden, and those of MPEG hold fields. */
const ONE_FRAME_A_PACKET = new Set(['vp9', 'av1']);

/** Kind of a unit, from its header. */
const kindOf = {avc: (header: number) => header & 31, hevc: (header: number) => (header >> 1) & 63};
/** Of the pictures that a stream can begin with, those that nothing cut away is needed for. */
const STAND_ALONE = {avc: [5], hevc: [19, 20]};
/** Place of the length of a unit's length in the record of the decoder's configuration. */
const LENGTH_AT = {avc: 4, hevc: 21};
/** Units that may change size and format in mid-stream. */
const AVC_PARAMETERS = 7;

const isSame = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

function bytesOf(source: ArrayBufferView | ArrayBufferLike): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}

type Pictures = Pick<TableInfo, 'counted' | 'amidst' | 'size'>;

/** Units of the first packet, or of every key packet. */
async function* keyUnits(sink: EncodedPacketSink, lengthBytes: number): AsyncGenerator<Uint8Array[]> {
  let packet: EncodedPacket | null = await sink.getFirstPacket();
  while (packet) {
    yield unitsOf(packet.data, lengthBytes);
    packet = await sink.getNextKeyPacket(packet);
  }
}

async function readUnits(
  codec: 'avc' | 'hevc',
  record: Uint8Array,
  track: InputVideoTrack,
  sink: EncodedPacketSink,
): Promise<Pictures> {
  const all = keyUnits(sink, (record[LENGTH_AT[codec]]! & 3) + 1);
  const first = (await all.next()).value as Uint8Array[] | undefined;
  const amidst = !first?.some(unit => STAND_ALONE[codec].includes(kindOf[codec](unit[0]!)));
  if (codec === 'hevc' || amidst) return {counted: !amidst, amidst};
  const parameters = onlyParameters(record);
  const pictures = parameters && avcPictures(parameters);
  if (!pictures?.plain) return {counted: false, amidst};
  const isOther = (unit: Uint8Array) => kindOf.avc(unit[0]!) === AVC_PARAMETERS && !isSame(unit, parameters!);
  if (first!.some(isOther)) return {counted: false, amidst};
  for await (const units of all) if (units.some(isOther)) return {counted: false, amidst};
  const {width, height} = pictures;
  const isTold = width === (await track.getCodedWidth()) && height === (await track.getCodedHeight());
  return {counted: true, amidst, ...(isTold && {size: {width, height}})};
}

async function readPictures(
  track: InputVideoTrack,
  sink: EncodedPacketSink,
  keys: number,
  packets: number,
): Promise<Pictures> {
  const {codec} = track;
  if (codec === 'avc' || codec === 'hevc') {
    const record = (await track.getDecoderConfig())?.description;
    return record ? readUnits(codec, bytesOf(record), track, sink) : {counted: false, amidst: false};
  }
  const amidst = (await sink.getFirstPacket())?.type !== 'key';
  const isOne = codec !== null && ONE_FRAME_A_PACKET.has(codec);
  return {counted: isOne ? !amidst : keys === packets, amidst};
}

async function readTrack(track: InputVideoTrack): Promise<TableInfo> {
  const sink = new EncodedPacketSink(track);
  const times: number[] = [];
  let [keys, empty] = [0, 0];
  for await (const {timestamp, type, byteLength} of sink.packets(undefined, undefined, METADATA)) {
    times.push(timestamp);
    if (type === 'key') keys++;
    if (byteLength === 0) empty++;
  }
  const pictures = await readPictures(track, sink, keys, times.length);
  if (empty > 0) pictures.counted = false;
  return {times: times.sort((a, b) => a - b), rotation: await track.getRotation(), ...pictures};
}

/** Undefined for a file that is none of these, that has not just one stream of pictures, or is not understood: ffmpeg has to say what it is. */
export async function tableInfo(path: string): Promise<TableInfo | undefined> {
  const input = new Input({source: new FilePathSource(path), formats: [MP4, QTFF, MATROSKA, WEBM]});
  try {
    const [track, other] = await input.getVideoTracks();
    if (!track || other) return undefined;
    const info = await readTrack(track);
    return info.times.length > 0 ? info : undefined;
  } catch {
    return undefined;
  } finally {
    input.dispose();
  }
}
