/**
 * Reads frame information from a container's tables, without decoding. It takes a thousandth of the
 * time of starting ffmpeg, which matters for thousands of clips.
 */
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
import {canHoldItsFrames} from './declared.js';
import {avcPictures, onlyParameters, unitsOf} from './avc.js';

// An unknown codec does not matter here: frames are only counted.
Logging.level = LogLevel.Silent;

/** Content of the tables. */
export interface TableInfo {
  /** Presentation time of each packet in seconds, ascending. */
  times: number[];
  /** Rotation in degrees that a player applies. */
  rotation: number;
  /** True if each packet is one frame. Otherwise only decoding gives the number of frames. */
  counted: boolean;
  /** True if the first frame refers to frames that are missing. */
  amidst: boolean;
  /** Size of the frames if the stream itself contains it; the container's may differ. */
  size?: {width: number; height: number};
}

const METADATA = {metadataOnly: true} as const;
/**
 * Codecs whose packets are frames, if the first is a key frame. VP8 may have hidden packets, and
 * MPEG packets may hold fields.
 */
const ONE_FRAME_A_PACKET = new Set(['vp9', 'av1']);

/** Type of a NAL unit, from its header. */
const kindOf = {avc: (header: number) => header & 31, hevc: (header: number) => (header >> 1) & 63};
/** Types of key pictures that need no earlier picture. */
const STAND_ALONE = {avc: [5], hevc: [19, 20]};
/** Offset in the decoder configuration record of the size of a unit's length field. */
const LENGTH_AT = {avc: 4, hevc: 21};
/** Types of units that may change size and format within a stream. */
const AVC_PARAMETERS = 7;

const isSame = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

function bytesOf(source: ArrayBufferView | ArrayBufferLike): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}

type Pictures = Pick<TableInfo, 'counted' | 'amidst' | 'size'>;

/** NAL units of the first packet, or of every key packet. */
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

/**
 * Undefined for other formats, for files with no or several video streams, and for files that can't
 * be parsed, or declare more frames than they have bytes: ffmpeg has to decide.
 */
export async function tableInfo(path: string): Promise<TableInfo | undefined> {
  const input = new Input({source: new FilePathSource(path), formats: [MP4, QTFF, MATROSKA, WEBM]});
  try {
    if (!canHoldItsFrames(path)) return undefined;
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
