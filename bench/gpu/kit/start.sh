#!/bin/sh
# Checks the pieces, puts them together in a folder, and runs bench/gpu/run.mjs there.
#
#     sh start.sh TARGET [options of bench/gpu/run.mjs]
#
# The report is TARGET/gpu.json. The folder is put together only once. A Python with PyTorch is named
# by RIFE_TWIN_PYTHON; without one, PyTorch's rows are left out.
set -eu
[ $# -ge 1 ] || { echo "usage: sh start.sh TARGET [options of bench/gpu/run.mjs]" >&2; exit 2; }
pieces=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
target=$(cd "$1" && pwd)
shift

if [ ! -e "$target/.whole" ]; then
  echo "checking $(find "$pieces" -name 'piece-*' | wc -l) pieces"
  (cd "$pieces" && sha256sum -c --quiet SHA256SUMS)
  echo "putting them together in $target"
  gzip -dc "$pieces/node.gz" > "$target/node"
  chmod +x "$target/node"
  "$target/node" "$pieces/unpack.mjs" "$pieces" "$target"
  touch "$target/.whole"
fi

export PATH="$target:$PATH" RIFE_TRAIN_ENGINE="$target/engine/tensorflow" RIFE_TRAIN_CACHE="$target/cache"
cd "$target/workspace"
exec "$target/node" bench/gpu/run.mjs --minutes 12 --out "$target/gpu.json" "$@"
