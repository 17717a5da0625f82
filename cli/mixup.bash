# bash completion for mixup. Made by `mixup help --bash` from the program's own table of commands.
# shellcheck shell=bash
_mixup() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} options='' words=''
    # --option=value comes as three words
    [[ $current == = ]] && current=''
    [[ $previous == = ]] && previous=${COMP_WORDS[COMP_CWORD - 2]}
    [[ ${COMP_WORDS[COMP_CWORD]} == = ]] && previous=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        words='init info train evaluate predict states surface scatter svd attack deform neighbors report summary claims help --help --version'
    elif [[ ${COMP_WORDS[1]} == help && $current != -* ]]; then
        words='init info train evaluate predict states surface scatter svd attack deform neighbors report summary claims help'
    fi
    case ${COMP_WORDS[1]} in
    init) options='--csv --label --target --ignore --separator --images --idx --npy --out --overwrite' ;;
    info) options='--variant --set --network --input --classes --short --engine --threads' ;;
    train) options='--variant --seeds --set --out --resume --overwrite --engine --threads' ;;
    evaluate) options='--experiment --part --labels --targets --top-k --bins --confusion --json --engine --threads' ;;
    predict) options='--experiment --part --engine --threads' ;;
    states) options='--layer --out --count --experiment --part --engine --threads' ;;
    surface) options='--range --step --class --figure --points --engine --threads' ;;
    scatter) options='--layer --points --uniform --range --data --labels --experiment --part --figure --engine --threads' ;;
    svd) options='--layer --centered --points --together --summary --threshold --data --labels --experiment --part --figure --linear --engine --threads' ;;
    attack) options='--kind --norm --epsilon --steps --step-size --random-start --raw --clip --seed --count --figure --data --labels --experiment --part --engine --threads' ;;
    deform) options='--rotation --shear --zoom --bilinear --seed --count --figure --data --labels --experiment --part --engine --threads' ;;
    neighbors) options='--layer --k --distance --points --count --figure --data --labels --experiment --part --engine --threads' ;;
    report) options='--out --tables' ;;
    summary) options='--out' ;;
    claims) options='--out' ;;
    help) options='--markdown --bash' ;;
    esac
    case "${COMP_WORDS[1]} $previous" in
    'info --classes') compopt +o default && return ;;
    'info --engine') words='auto dnnl reference' ;;
    'info --threads') compopt +o default && return ;;
    'train --engine') words='auto dnnl reference' ;;
    'train --threads') compopt +o default && return ;;
    'evaluate --part') words='train validation test' ;;
    'evaluate --top-k') compopt +o default && return ;;
    'evaluate --bins') compopt +o default && return ;;
    'evaluate --engine') words='auto dnnl reference' ;;
    'evaluate --threads') compopt +o default && return ;;
    'predict --part') words='train validation test' ;;
    'predict --engine') words='auto dnnl reference' ;;
    'predict --threads') compopt +o default && return ;;
    'states --count') compopt +o default && return ;;
    'states --part') words='train validation test' ;;
    'states --engine') words='auto dnnl reference' ;;
    'states --threads') compopt +o default && return ;;
    'surface --step') compopt +o default && return ;;
    'surface --class') compopt +o default && return ;;
    'surface --points') compopt +o default && return ;;
    'surface --engine') words='auto dnnl reference' ;;
    'surface --threads') compopt +o default && return ;;
    'scatter --points') compopt +o default && return ;;
    'scatter --uniform') compopt +o default && return ;;
    'scatter --range') compopt +o default && return ;;
    'scatter --part') words='train validation test' ;;
    'scatter --engine') words='auto dnnl reference' ;;
    'scatter --threads') compopt +o default && return ;;
    'svd --points') compopt +o default && return ;;
    'svd --threshold') compopt +o default && return ;;
    'svd --part') words='train validation test' ;;
    'svd --engine') words='auto dnnl reference' ;;
    'svd --threads') compopt +o default && return ;;
    'attack --kind') words='fgsm pgd' ;;
    'attack --norm') words='linf l2 none' ;;
    'attack --epsilon') compopt +o default && return ;;
    'attack --steps') compopt +o default && return ;;
    'attack --step-size') compopt +o default && return ;;
    'attack --clip') compopt +o default && return ;;
    'attack --seed') compopt +o default && return ;;
    'attack --count') compopt +o default && return ;;
    'attack --part') words='train validation test' ;;
    'attack --engine') words='auto dnnl reference' ;;
    'attack --threads') compopt +o default && return ;;
    'deform --rotation') compopt +o default && return ;;
    'deform --shear') compopt +o default && return ;;
    'deform --zoom') compopt +o default && return ;;
    'deform --seed') compopt +o default && return ;;
    'deform --count') compopt +o default && return ;;
    'deform --part') words='train validation test' ;;
    'deform --engine') words='auto dnnl reference' ;;
    'deform --threads') compopt +o default && return ;;
    'neighbors --k') compopt +o default && return ;;
    'neighbors --distance') words='euclidean cosine' ;;
    'neighbors --points') compopt +o default && return ;;
    'neighbors --count') compopt +o default && return ;;
    'neighbors --part') words='train validation test' ;;
    'neighbors --engine') words='auto dnnl reference' ;;
    'neighbors --threads') compopt +o default && return ;;
    esac
    if [[ -n $words ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    elif [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options --quiet --help" -- "$current")
    fi
}
complete -o default -F _mixup mixup
