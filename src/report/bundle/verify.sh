#!/bin/sh
# Checks this bundle with sh, openssl (3.0 or later) and sha256sum, and nothing else.
#
#   sh verify.sh [VKEY]
#
# VKEY is the log's verifier key as you had it before this bundle. Without it the key in the bundle
# is used, and only its own account of itself is checked.
set -u
known=${1-}
LC_ALL=C
export LC_ALL
case $0 in */*) cd "${0%/*}" || exit 2 ;; esac

NL='
'
DIGITS=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/
scratch=${TMPDIR:-/tmp}/caseward-verify.$$

fail() {
    printf 'FAILED: %s\n' "$*"
    exit 1
}

cleanup() {
    rm -f "$scratch.text" "$scratch.signature" "$scratch.key" 2>/dev/null
}
trap cleanup EXIT
trap 'exit 2' HUP INT TERM

# The bytes that the hexadecimal digits $1 stand for.
bytes() {
    left=$1
    octal=
    while [ -n "$left" ]; do
        rest=${left#??}
        octal="$octal 0x${left%"$rest"}"
        left=$rest
    done
    # shellcheck disable=SC2059,SC2086
    printf "$(printf '\\%03o' $octal)"
}

# $hex = the hexadecimal digits of the base64 text $1.
unbase64() {
    left=$1
    hex=
    [ $((${#left} % 4)) -eq 0 ] || fail "not base64: $1"
    while [ -n "$left" ]; do
        rest=${left#????}
        four=${left%"$rest"}
        left=$rest
        number=0
        padding=0
        while [ -n "$four" ]; do
            rest=${four#?}
            digit=${four%"$rest"}
            four=$rest
            if [ "$digit" = "=" ]; then
                padding=$((padding + 1))
                number=$((number * 64))
            else
                before=${DIGITS%%"$digit"*}
                [ "$before" != "$DIGITS" ] || fail "not base64: $1"
                number=$((number * 64 + ${#before}))
            fi
        done
        case $padding in
        0) hex=$hex$(printf '%06x' "$number") ;;
        1) hex=$hex$(printf '%04x' $((number >> 8))) ;;
        2) hex=$hex$(printf '%02x' $((number >> 16))) ;;
        *) fail "not base64: $1" ;;
        esac
    done
}

# $hash = SHA-256(00 || the bytes of $1), the hash of a leaf given in hexadecimal.
leaf_hash() {
    hash=$({ printf '\000'; bytes "$1"; } | sha256sum)
    hash=${hash%% *}
}

# $hash = SHA-256(01 || left $1 || right $2).
node_hash() {
    hash=$({ printf '\001'; bytes "$1$2"; } | sha256sum)
    hash=${hash%% *}
}

# $root = the root over the leaf hashes "$@".
tree_root() {
    while [ $# -gt 1 ]; do
        level=
        while [ $# -gt 1 ]; do
            node_hash "$1" "$2"
            level="$level $hash"
            shift 2
        done
        # shellcheck disable=SC2086
        set -- $level "$@"
    done
    root=$1
}

# $value = the text of key $2 in the entry $1.
text_of() {
    value=${1#*,\"$2\":\"}
    [ "$value" != "$1" ] || fail "an entry without $2"
    value=${value%%\"*}
}

# $value = the number of key $2 in the entry $1.
number_of() {
    value=${1#*,\"$2\":}
    [ "$value" != "$1" ] || fail "an entry without $2"
    value=${value%%[,\}]*}
}

# $line = the first line of file $1.
first_line() {
    line=
    IFS= read -r line <"$1" || [ -n "$line" ] || fail "$1 is missing or empty"
}

# --- The files are those that SHA256SUMS lists, and no others. -------------------------------
sums=$NL
while IFS= read -r line; do
    sums="$sums${line#*  }$NL"
done <SHA256SUMS || fail "SHA256SUMS is missing"
sha256sum -c SHA256SUMS >/dev/null 2>&1 || fail "a file does not fit SHA256SUMS"
for file in * entries/* proofs/*; do
    case $file in
    SHA256SUMS | SHA256SUMS.sig | entries | proofs) continue ;;
    esac
    case $sums in
    *"$NL$file$NL"*) ;;
    *) fail "$file is not listed in SHA256SUMS" ;;
    esac
done
printf 'ok: every file fits SHA256SUMS\n'

# --- The key. --------------------------------------------------------------------------------
first_line vkey
vkey=$line
if [ -n "$known" ]; then
    [ "$vkey" = "$known" ] || fail "the bundle's key is not the key you gave"
fi
origin=${vkey%%+*}
key_id=${vkey#*+}
unbase64 "${key_id#*+}"
key_id=${key_id%%+*}
typed=$hex
case $typed in 01*) ;; *) fail "the key is not an Ed25519 key" ;; esac
[ ${#typed} -eq 66 ] || fail "the key has a wrong length"
hash=$({ printf '%s\n' "$origin"; bytes "$typed"; } | sha256sum)
case $hash in "$key_id"*) ;; *) fail "the key does not fit its id" ;; esac

# --- The checkpoint and its signature. -------------------------------------------------------
checkpoint=
number=0
signature=
while IFS= read -r line; do
    number=$((number + 1))
    checkpoint="$checkpoint$line$NL"
    case $number in
    1) [ "$line" = "$origin" ] || fail "the checkpoint is of another log" ;;
    2) size=$line ;;
    3) root64=$line ;;
    4) [ -z "$line" ] || fail "the checkpoint is malformed" ;;
    *) case $line in "— $origin "*) signature=${line#"— $origin "} ;; esac ;;
    esac
done <checkpoint || fail "checkpoint is missing"
[ -n "$signature" ] || fail "the checkpoint is not signed by the log"
case $size in '' | *[!0-9]* | 0*) fail "the checkpoint has no size" ;; esac
unbase64 "$signature"
rest=${hex#????????}
[ "${hex%"$rest"}" = "$key_id" ] || fail "the checkpoint is signed by another key"
[ ${#rest} -eq 128 ] || fail "the checkpoint's signature has a wrong length"
umask 077
set -C
bytes "$rest" >"$scratch.signature" || fail "cannot write to ${TMPDIR:-/tmp}"
bytes "302a300506032b6570032100${typed#01}" >"$scratch.key" || fail "cannot write"
printf '%s\n%s\n%s\n' "$origin" "$size" "$root64" >"$scratch.text" || fail "cannot write"
openssl pkeyutl -verify -pubin -keyform DER -inkey "$scratch.key" -rawin \
    -in "$scratch.text" -sigfile "$scratch.signature" >/dev/null 2>&1 ||
    fail "the checkpoint's signature does not fit"
unbase64 "$root64"
tree=$hex
printf 'ok: the checkpoint of %s entries is signed by %s\n' "$size" "$origin"

# --- Each entry is in the log (RFC 9162, 2.1.3.2). -------------------------------------------
entries=0
for file in entries/*.json; do
    first_line "$file"
    entry=$line
    number_of "$entry" i
    index=$value
    [ "$file" = "entries/$index.json" ] || fail "$file holds entry $index"
    [ "$index" -lt "$size" ] || fail "entry $index is beyond the checkpoint"
    hash=$(printf '\000%s' "$entry" | sha256sum)
    hash=${hash%% *}
    at=$index
    last=$((size - 1))
    number=0
    part=head
    copy=
    while IFS= read -r line; do
        number=$((number + 1))
        case $part in
        head)
            case $number in
            1) [ "$line" = "c2sp.org/tlog-proof@v1" ] || fail "proof $index is malformed" ;;
            2)
                [ "$line" = "index $index" ] || fail "proof $index is of another entry"
                part=steps
                ;;
            esac
            ;;
        steps)
            if [ -z "$line" ]; then
                part=checkpoint
                continue
            fi
            [ "$last" -gt 0 ] || fail "proof $index is too long"
            unbase64 "$line"
            [ ${#hex} -eq 64 ] || fail "proof $index is malformed"
            step=$hex
            if [ $((at & 1)) -eq 1 ] || [ "$at" -eq "$last" ]; then
                node_hash "$step" "$hash"
                while [ $((at & 1)) -eq 0 ] && [ "$at" -ne 0 ]; do
                    at=$((at >> 1))
                    last=$((last >> 1))
                done
            else
                node_hash "$hash" "$step"
            fi
            at=$((at >> 1))
            last=$((last >> 1))
            ;;
        checkpoint) copy="$copy$line$NL" ;;
        esac
    done <"proofs/$index.tlog-proof" || fail "proof $index is missing"
    [ "$last" -eq 0 ] && [ "$hash" = "$tree" ] || fail "entry $index is not in the log"
    [ "$copy" = "$checkpoint" ] || fail "proof $index is against another checkpoint"
    entries=$((entries + 1))
done
printf 'ok: %s entries are in the log\n' "$entries"
first_line entries/0.json
text_of "$line" vkey
[ "$value" = "$vkey" ] || fail "the log's first entry names another key"

# --- The entries are bound to the files named in openings.txt. -------------------------------
# What the report says was removed, one "hash path" a line, in the order of openings.txt.
report=
told=
while IFS= read -r line; do
    report="$report$line$NL"
    case $line in
    *'"path": "'*)
        path=${line#*'"path": "'}
        path=${path%'",'}
        sha=
        ;;
    *'"sha256_before_removal": "'*)
        sha=${line#*'"sha256_before_removal": "'}
        sha=${sha%'",'}
        ;;
    *'"verdict": "deleted",' | *'"verdict": "redacted",') told="$told$sha $path$NL" ;;
    esac
done <report.json || fail "report.json is missing"
case $report in
*"\"root\": \"$tree\""*) ;;
*) fail "report.json states another root" ;;
esac

transactions=0
tx=
# Compares what was gathered of one transaction with its two entries.
close_transaction() {
    [ -n "$tx" ] || return 0
    if [ "$destroyed" = yes ]; then
        printf 'note: the opening of %s was destroyed; nothing ties it to files any more\n' "$tx"
        return 0
    fi
    first_line "entries/$begin.json"
    text_of "$line" k
    [ "$value" = begin ] || fail "entry $begin is not the begin of $tx"
    text_of "$line" tx
    [ "$value" = "$tx" ] || fail "entry $begin is of another transaction"
    text_of "$line" s
    [ "$value" = "$subject" ] || fail "the request or engineer of $tx is not that of the log"
    number_of "$line" n
    [ "$value" = "$count" ] || fail "$tx has another number of files in the log"
    text_of "$line" c
    # shellcheck disable=SC2086
    tree_root $leaves
    [ "$value" = "$root" ] || fail "the files of $tx are not those committed to in the log"
    first_line "entries/$end.json"
    text_of "$line" k
    [ "$value" = end ] || fail "entry $end is not the end of $tx"
    text_of "$line" tx
    [ "$value" = "$tx" ] || fail "entry $end is of another transaction"
    number_of "$line" b
    [ "$value" = "$begin" ] || fail "entry $end ends another begin"
    text_of "$line" out
    out=$value
    [ ${#out} -eq "$count" ] || fail "entry $end tells of another number of files"
    # shellcheck disable=SC2086
    set -- $files
    while [ -n "$out" ]; do
        rest=${out#?}
        letter=${out%"$rest"}
        out=$rest
        case $letter in
        g) word=deleted ;;
        r) word=redacted ;;
        a) word=already-absent ;;
        m) word=changed-and-kept ;;
        x) word=failed-and-kept ;;
        *) fail "entry $end has an unknown outcome" ;;
        esac
        sha=${1%%>*}
        case $letter in
        g | r)
            said=${told%%"$NL"*}
            told=${told#*"$NL"}
            [ "${said%% *}" = "$sha" ] || fail "report.json does not tell of $2 with that hash"
            case $2 in
            *%*) ;; # spelled in another way in JSON
            *) [ "${said#* }" = "$2" ] || fail "report.json gives $2 another name" ;;
            esac
            ;;
        esac
        printf '    %s %s %s\n' "$word" "$sha" "$2"
        shift 2
    done
    printf 'ok: transaction %s, %s files, entries %s and %s\n' "$tx" "$count" "$begin" "$end"
}
while IFS= read -r row; do
    case $row in
    'transaction '*)
        close_transaction
        transactions=$((transactions + 1))
        destroyed=no
        case $row in *' destroyed') destroyed=yes ;; esac
        rest=${row#transaction }
        tx=${rest%% *}
        rest=${rest#* }
        begin=${rest%% *}
        rest=${rest#* }
        end=${rest%% *}
        leaves=
        files=
        count=0
        subject=
        ;;
    'sha256 '*) ;;
    *' attest-subject/1 '*)
        hash=$(printf '%s\n' "${row#* }" |
            openssl dgst -sha256 -mac HMAC -macopt "hexkey:${row%% *}")
        subject=${hash##* }
        ;;
    *' attest-file/1 '*)
        record=${row#* }
        hash=$(printf '%s' "$record" |
            openssl dgst -sha256 -mac HMAC -macopt "hexkey:${row%% *}")
        leaf_hash "${hash##* }"
        leaves="$leaves $hash"
        count=$((count + 1))
        rest=${record#attest-file/1 }
        files="$files ${rest%% *} ${record##* }"
        ;;
    *) fail "openings.txt is malformed" ;;
    esac
done <openings.txt || fail "openings.txt is missing"
close_transaction
[ "$transactions" -gt 0 ] || fail "openings.txt names no transaction"
[ -z "$told" ] || fail "report.json tells of a removal that the log does not hold"

# --- What was not checked here. --------------------------------------------------------------
if [ -z "$known" ]; then
    printf 'note: compare this key with the one you know: %s\n' "$vkey"
fi
if [ -f SHA256SUMS.sig ]; then
    printf 'note: NOT CHECKED here is the signature SHA256SUMS.sig; VERIFY.txt tells how\n'
    case $report in
    '{ "status": "SIGNED",'*) ;;
    *) fail "there is a signature, and report.json says UNSIGNED" ;;
    esac
else
    case $report in
    '{ "status": "UNSIGNED",'*) printf 'note: UNSIGNED, nobody has put a signature to this report\n' ;;
    *) fail "report.json says SIGNED, and there is no signature" ;;
    esac
fi
printf 'VERIFIED\n'
