import {readText} from '../probe/text.js';

const log = (
  video: string,
  more = '',
  frame = 'sar:1/1 s:64x48 i:P',
) => `Input #0, matroska,webm, from 'a.mkv':
  Metadata:
    title           : Stream #0:7: Video: none
  Duration: 01:02:03.50, start: 0.000000, bitrate: 126 kb/s
    Chapter #0:0: start 0.000000, end 1.000000
    Stream #0:0${video}
${more}    Stream #0:1(und): Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, mono, fltp, 69 kb/s (default)
    Stream #0:2: Subtitle: subrip
Stream mapping:
  Stream #0:0 -> #0:0 (h264 (native) -> wrapped_avframe (native))
[Parsed_showinfo_0 @ 0x1] config in time_base: 1/30000, frame_rate: 30000/1001
[Parsed_showinfo_0 @ 0x1] n:   0 pts:      0 pts_time:0 pos: 48 fmt:yuv420p ${frame} iskey:1 type:I
`;

test.each([
  [
    '(und): Video: h264 (High) (avc1 / 0x31637661), yuv420p(tv, bt709), 64x48, 29.97 fps',
    'yuv420p',
    'bt709',
    'bt709',
    'tv',
  ],
  [
    '[0x1](und): Video: hevc (Main 10) (hvc1 / 0x3), yuv420p10le(tv, bt2020nc/bt2020/smpte2084, progressive), 64x48',
    'yuv420p10le',
    'bt2020nc',
    'smpte2084',
    'tv',
  ],
  [
    ': Video: mjpeg (Baseline), yuvj420p(pc, bt470bg/unknown/unknown), 64x48',
    'yuvj420p',
    'bt470bg',
    undefined,
    'pc',
  ],
  [': Video: h264 (High), yuv420p, 64x48', 'yuv420p', undefined, undefined, undefined],
])('pixels and colours: %s', (video, pixels, matrix, transfer, range) => {
  const text = readText(log(video))!;
  expect(text).toMatchObject({
    pixels,
    isInterlaced: false,
    base: {over: 30000, under: 1},
    declared: {over: 30000, under: 1001},
  });
  expect(text.colours).toEqual(expect.objectContaining({matrix, transfer, range}));
  expect(text.streams).toEqual([
    {kind: 'audio', codec: 'aac'},
    {kind: 'subtitle', codec: 'subrip'},
  ]);
  expect(text).toMatchObject({chapters: 1, seconds: 3723.5, size: {width: 64, height: 48}, rotation: 0});
});

test('fields, rotation and pixels that are not square', () => {
  expect(readText(log(': Video: mpeg2video, yuv420p(tv, top first), 64x48'))!.isInterlaced).toBe(true);
  expect(
    readText(log(': Video: h264, yuv420p(tv, bt709, bottom coded first (swapped)), 64x48'))!.isInterlaced,
  ).toBe(true);
  expect(readText(log(': Video: h264, yuv420p, 64x48', '', 'sar:1/1 s:64x48 i:B'))!.isInterlaced).toBe(true);
  const side = '    Side data:\n      displaymatrix: rotation of -90.00 degrees\n';
  expect(readText(log(': Video: h264, yuv420p, 64x48', side, 'sar:16/11 s:48x64 i:P'))).toMatchObject({
    rotation: -90,
    aspect: {over: 16, under: 11},
    size: {width: 48, height: 64},
  });
});

test('a log without a frame', () => expect(readText('Invalid data found')).toBeUndefined());
