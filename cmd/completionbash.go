package cmd

// bashAlone stands for what the script for bash takes from the package
// bash-completion, where that is not there.
const bashAlone = `# Without the package bash-completion these two stand in for it.
declare -F _get_comp_words_by_ref >/dev/null 2>&1 || _get_comp_words_by_ref()
{
    # Bash divides a word at = and : as well; nothing stands between the parts.
    local line=${COMP_LINE:0:COMP_POINT} i word gap
    words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        gap=${line%%[![:space:]]*}
        line=${line#"$gap"}
        word=${COMP_WORDS[i]}
        ((i < COMP_CWORD)) || word=$line
        if ((i > 0)) && [[ -z $gap ]]; then
            words[${#words[@]}-1]+=$word
        else
            words+=("$word")
        fi
        line=${line#"$word"}
    done
    cword=$((${#words[@]} - 1))
    cur=${words[cword]}
    prev=
    ((cword == 0)) || prev=${words[cword-1]}
}

declare -F _filedir >/dev/null 2>&1 || _filedir()
{
    # -d: directories alone; a|b: files that end in .a or .b, and directories.
    local path IFS=$'\n'
    [[ $(type -t compopt) = builtin ]] && compopt -o filenames 2>/dev/null
    for path in $(compgen -f -- "$cur"); do
        if [[ -d $path || -z ${1-} || "|${1-}|" == *"|${path##*.}|"* ]]; then
            COMPREPLY+=("$path")
        fi
    done
}

`
