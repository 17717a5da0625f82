#!/usr/bin/env bash
# Wrong usage is exit status 2 with a word on what is right, and writes nothing; help is there for all.
# shellcheck source=tests/cli/support.sh
source "$(dirname "$0")/support.sh"
write_spirals s.yaml

wrong() {
    local text=$1
    shift
    expect 2 "$MIXUP" "$@"
    says err "$text"
    [ ! -s out ] || complain "something on standard output: $*"
}

wrong "name a command"
wrong "did you mean 'train'" trian s.yaml
wrong "there is no command 'frobnicate'" frobnicate
wrong "there is no option '--quiet' here; in front of a command" --quiet train s.yaml
wrong "did you mean '--version'?" --versoin
wrong "there is no option '-x' here" -x
wrong "something is missing: mixup train EXPERIMENT.yaml" train
wrong "'b.yaml' is one too many" train s.yaml b.yaml
wrong "takes a --set of its own" train s.yaml --set seed=2 training.epochs=1
wrong "did you mean --resume" train s.yaml --resme
wrong "did you mean --seeds" train s.yaml --seed 3
wrong "there is no option --zzzzzzzz" train s.yaml --zzzzzzzz
wrong "there is no option -x" train s.yaml -x
wrong "--out needs DIR behind it" train s.yaml --out
wrong "--resume takes no value" train s.yaml --resume=yes
wrong "whole number from 1 to 1024" train s.yaml --threads 0
wrong "whole number" train s.yaml --threads two
wrong "whole number" train s.yaml --threads=-1
wrong "1,2,3" train s.yaml --seeds 1,,2
wrong "1,2,3" train s.yaml --seeds one
wrong "1,2,3" train s.yaml --seeds 1,99999999999999999999999
wrong "KEY=VALUE" train s.yaml --set training.epochs
wrong "choose one" train s.yaml --resume --overwrite
wrong "--set training.epochs=VALUE" train s.yaml --epochs 5
wrong "something is missing" evaluate
wrong "something is missing" predict
wrong "--layer NAME is missing" states model data.csv
wrong "--out FILE.npy is missing" states model data.csv --layer x
wrong "give one of" init
wrong "give one of" init --csv a --idx b c
wrong "say what to predict" init --csv a
wrong "labels is missing" init --idx images
wrong "did you mean 'epochs'" help training.epoch
absent results

commands=$("$MIXUP" help | sed -n 's/^  \([a-z]*\)  .*/\1/p')
for command in init info train evaluate predict states surface svd report claims help; do
    grep -qx "$command" <<<"$commands" || complain "\`mixup help\` does not list $command"
done
for command in $commands; do
    expect 0 "$MIXUP" "$command" --help
    says out "mixup $command" "--help" "--quiet"
    cp out long
    expect 0 "$MIXUP" help "$command"
    same out long
    [ "$(awk 'length > 100' out)" = "" ] || complain "lines of more than 100 columns: $(awk 'length > 100' out)"
    # every option of the help is explained
    if grep -E '^  --[a-z-]+( [A-Z.=,0-9a-z]+)?( \.\.\.)? *$' out | grep -vq .; then complain "$command"; fi
done

expect 0 "$MIXUP" --help
cp out long
expect 0 "$MIXUP" help
same out long
expect 0 "$MIXUP" --version
says out "mixup 0."

expect 0 "$MIXUP" help training.optimizer.epsilon
says out "training.optimizer.epsilon" "1e-8" "adam adamw rmsprop"
expect 0 "$MIXUP" help mix
says out "alpha" "plain_last_epochs"
expect 0 "$MIXUP" help --markdown
same out "$root/docs/configuration.md"

# The completion for bash is that of the table of commands, and works.
expect 0 "$MIXUP" help --bash
same out "$root/cli/mixup.bash"
# completes WANTED WORD...: what is offered for the last word.
completes() {
    local wanted=$1
    shift
    bash -c 'compopt() { true; }; source "$1"; shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _mixup; echo "${COMPREPLY[*]}"' bash out "$@" >offered
    [ "$(cat offered)" = "$wanted" ] || complain "'$*' completes to '$(cat offered)', not '$wanted'"
}
completes "train" mixup tr
completes "--help" mixup --h
completes "--resume" mixup train s.yaml --res
completes "--quiet" mixup summary --q
completes "auto dnnl reference" mixup train s.yaml --engine ""
completes "reference" mixup train s.yaml --engine r
completes "dnnl" mixup train --engine = d
completes "auto dnnl reference" mixup train --engine =
completes "validation" mixup evaluate run --part v
completes "" mixup train --threads ""
completes "" mixup train ""
completes "predict" mixup help p
completes "--markdown" mixup help --m

# A full disk under standard output is noticed.
if [ -w /dev/full ]; then
    "$MIXUP" help --markdown >/dev/full 2>err
    [ $? = 1 ] || complain "a full disk goes unnoticed"
    says err "cannot write"
    "$MIXUP" --version >/dev/full 2>err
    [ $? = 1 ] || complain "a full disk goes unnoticed by --version"
    says err "cannot write"
fi
finish
