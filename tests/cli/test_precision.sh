#!/usr/bin/env bash
# bf16 where the processor has it, and elsewhere an error that says what it lacks.
# shellcheck source=tests/cli/support.sh
source "$(dirname "$0")/support.sh"
write_spirals s.yaml

expect 1 "$MIXUP" train s.yaml --variant none --set precision=bf16 --engine reference --out refused
says err "precision bf16: the engine reference computes in f32 only"
absent refused/none/seed-1/model.safetensors

expect 1 env ONEDNN_MAX_CPU_ISA=AVX2 "$MIXUP" train s.yaml --variant none --set precision=bf16 --out refused
says err "precision bf16: " "f32"
absent refused/none/seed-1/model.safetensors

expect 1 "$MIXUP" train s.yaml --variant none --set precision=f16 --out refused
says err "precision" "f32 or bf16"

if "$MIXUP" train s.yaml --variant none --set precision=bf16 --out trained >out 2>err; then
    says trained/none/seed-1/run.yaml "precision: bf16"
else
    says err "precision bf16: "
fi
finish
