#!/bin/sh
# efi.sh DISK FOLDER: boots what is on it by EFI with Secure Boot, in a machine without network that keeps no change.
# Says what its kernel says of that, once it asks who logs in; or the end of its console, after ten minutes.
set -eu
ovmf=/usr/share/OVMF
work=$(mktemp -d "$2/efi-XXXXXX")
machine=
trap '[ -z "$machine" ] || kill "$machine"; rm -r "$work"' EXIT
cp $ovmf/OVMF_VARS_4M.ms.fd "$work/vars.fd"
touch "$work/console"
TMPDIR=$work qemu-system-x86_64 -machine q35,smm=on -accel tcg -cpu max -m 768 -nodefaults -display none \
    -global driver=cfi.pflash01,property=secure,value=on \
    -drive if=pflash,format=raw,readonly=on,file=$ovmf/OVMF_CODE_4M.secboot.fd \
    -drive if=pflash,format=raw,file="$work/vars.fd" \
    -drive if=virtio,format=qcow2,snapshot=on,file="$1" \
    -object rng-random,id=rng,filename=/dev/urandom -device virtio-rng-pci,rng=rng -serial file:"$work/console" &
machine=$!
left=600
until grep --quiet --text ' login:' "$work/console"; do
    left=$((left - 1))
    if [ $left -eq 0 ] || ! kill -0 $machine || grep --quiet --text 'emergency.target' "$work/console"; then
        tail -n 30 "$work/console"
        exit 1
    fi
    sleep 1
done
grep --text --only-matching --extended-regexp 'efi: EFI v.*|secureboot: .*' "$work/console"
