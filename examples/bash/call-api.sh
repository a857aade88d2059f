#!/usr/bin/env bash
# Call an API with your sign-in: call-api.sh PROFILE URL
#
# Silent where you are signed in. At a terminal it asks you to sign in where that is needed; in a job it ends with 3.
# The token is in no argument, variable or file on a disk. What the API answers goes to stdout.
set -euo pipefail

profile=${1:?usage: call-api.sh PROFILE URL}
url=${2:?usage: call-api.sh PROFILE URL}

safe='^(https://|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?(/|$))'
if [[ ! $url =~ $safe ]]; then
  echo "A token is sent over https, or to this machine: $url" >&2
  exit 2
fi

call() { # the answer's status; its body goes to descriptor 3
  jupyter auth run --profile "$profile" -- \
    curl --silent --show-error --max-time 60 --output /dev/fd/3 --write-out '%{http_code}' \
      --header @{header_file} "$url"
}

signed_in() {
  jupyter auth token "$profile" --no-interactive "$@" > /dev/null
}

# 3 means: a person is needed. Anything else is a fault that was explained on stderr.
signed_in 2> /dev/null || {
  code=$?
  if [[ $code -ne 3 ]]; then signed_in; fi
  jupyter auth login "$profile"
}

body=$(mktemp)
trap 'rm -f "$body"' EXIT
status=$(call 3> "$body")
if [[ $status == 401 ]]; then # it was revoked, or the API's clock is ahead: one more try, with a new one
  signed_in --force-refresh
  status=$(call 3> "$body")
fi
cat "$body"
if [[ $status != 2?? ]]; then
  echo "$url answered $status" >&2
  exit 1
fi
