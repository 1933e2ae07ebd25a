#!/bin/sh
# The walk-through: put an object, search for it, edit it, watch the lag, delete it; then the same with
# a row of the sample database. Every step waits for a bounded time and says what it saw; the exit code is 0 only when all of them were seen.
#
#   deploy/walkthrough.sh                   starts docker-compose.yml and walks through it
#   TIDEMARK_URL=… S3_ENDPOINT=… deploy/walkthrough.sh     walks through what runs elsewhere
#
# Needs curl 7.76, and docker unless TIDEMARK_URL is set. Variables, with their defaults:
#   TIDEMARK_URL           http://127.0.0.1:8787      the gateway
#   TIDEMARK_KEY           the init job's             a key that may search and read freshness
#   S3_ENDPOINT            http://127.0.0.1:4566      any S3 that answers by path
#   S3_BUCKET, S3_PREFIX   tidemark-uploads, empty    where the source takes objects from
#   SOURCE                 uploads                    the source's name in the config
#   SHOP_SQL               psql of docker-compose.yml what runs SQL that it is given; empty: no row is
#                                                     tried. Where TIDEMARK_URL is set, empty is the default
#   SHOP_SOURCE            shop                       the source that has the table `products`; with the
#                                                     profile `debezium`, warehouse is another
#   AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION    those of docker-compose.yml
#   WAIT_SECONDS           60                         the longest that a step may take
set -eu
cd "$(dirname "$0")/.."

if [ -z "${TIDEMARK_URL+x}" ]; then
  echo "starting the services of docker-compose.yml (the first time, the image is built)"
  docker compose up --detach --wait
  TIDEMARK_KEY=${TIDEMARK_KEY-$(docker compose --progress quiet run --rm --no-deps -T init key)}
  TIDEMARK_URL=http://127.0.0.1:${TIDEMARK_PORT:-8787}
  SHOP_SQL=${SHOP_SQL-docker compose exec -T postgres psql -q -v ON_ERROR_STOP=1 -U postgres -d shop}
fi
SHOP_SQL=${SHOP_SQL-}
SHOP_SOURCE=${SHOP_SOURCE-shop}
TIDEMARK_KEY=${TIDEMARK_KEY-}
S3_ENDPOINT=${S3_ENDPOINT-http://127.0.0.1:${S3_PORT:-4566}}
S3_BUCKET=${S3_BUCKET-tidemark-uploads}
SOURCE=${SOURCE-uploads}
AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID-development}
AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY-development-only}
AWS_REGION=${AWS_REGION-eu-central-1}
WAIT_SECONDS=${WAIT_SECONDS-60}

name=walkthrough-$(date +%s)-$$.md
key=${S3_PREFIX-}$name
document=$SOURCE/$key
scratch=$(mktemp -d)
is_put=no
is_inserted=no

# Whatever happens, neither the object nor the row stays.
clean_up() {
  [ "$is_put" = no ] || s3 DELETE || true
  [ "$is_inserted" = no ] || delete_row || true
  rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# Keys go over standard input: the arguments of a process are everybody's to read.
api() {
  printf 'header = "authorization: Bearer %s"\n' "$TIDEMARK_KEY" |
    curl --silent --show-error --fail-with-body --max-time 10 --config - "$@"
}

s3() {
  method=$1
  shift
  printf 'user = "%s:%s"\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" |
    curl --silent --show-error --fail --max-time 10 --output /dev/null --config - \
      --aws-sigv4 "aws:amz:$AWS_REGION:s3" --header "x-amz-content-sha256: UNSIGNED-PAYLOAD" \
      --request "$method" "$@" "$S3_ENDPOINT/$S3_BUCKET/$key"
}

put() {
  printf '# The lighthouse of Port Ellery\n\nThe lamp room is painted in %s (%s).\n' "$1" "$name" \
    >"$scratch/object"
  is_put=yes
  s3 PUT --header "content-type: text/markdown" --data-binary "@$scratch/object" ||
    fail "$S3_ENDPOINT did not take the object"
}

# Words as they are: the command is one of several.
# shellcheck disable=SC2086
sql() { printf '%s\n' "$1" | $SHOP_SQL; }
insert_row() {
  is_inserted=yes
  sql "insert into products (name, description, category, price) values ('$name', 'The lamp room is painted in $1 ($name).', 'light', 1)"
}
update_row() { sql "update products set description = 'The lamp room is painted in $1 ($name).' where name = '$name'"; }
delete_row() { sql "delete from products where name = '$name'"; }

search() {
  api --header "content-type: application/json" \
    --data "{\"query\":\"When is the lamp room of $name painted?\",\"limit\":20,\"sources\":[\"${1-$SOURCE}\"],\"principals\":[]}" \
    "$TIDEMARK_URL/v1/search" >"$scratch/answer" 2>"$scratch/trouble"
}

found() { search && grep -q "\"documentId\":\"$document\"" "$scratch/answer" && says "$1"; }
gone() { search && ! grep -q "\"documentId\":\"$document\"" "$scratch/answer"; }
row_found() { search "$SHOP_SOURCE" && says "$1"; }
row_gone() { search "$SHOP_SOURCE" && ! grep -q "($name)" "$scratch/answer"; }
# The words of this walk, whatever earlier ones left.
says() { grep -q "painted in $1 ($name)" "$scratch/answer"; }

freshness() {
  api "$TIDEMARK_URL/v1/freshness" >"$scratch/answer" 2>"$scratch/trouble" || return 1
  line=$(sed -n "s/.*{\"source\":\"$SOURCE\",\([^}]*\).*/\1/p" "$scratch/answer")
  [ -n "$line" ]
}
field() { printf '%s' "$line" | sed -n "s/.*\"$1\":\([^,}]*\).*/\1/p"; }
caught_up() {
  freshness || return 1
  echo "  documents $(field documents) · searchable $(field searchable) · pending $(field pending) · lag $(field lagMs) ms"
  [ "$(field pending)" = 0 ]
}
is_ready() { curl --silent --fail --max-time 5 --output /dev/null "$TIDEMARK_URL/readyz" 2>"$scratch/trouble"; }

# await SECONDS-BETWEEN WHAT-IS-AWAITED COMMAND… waits until the command succeeds.
await() {
  between=$1
  what=$2
  shift 2
  began=$(date +%s)
  until "$@"; do
    if [ $(($(date +%s) - began)) -ge "$WAIT_SECONDS" ]; then
      cat "$scratch/trouble" "$scratch/answer" >&2 2>/dev/null || true
      echo >&2
      fail "after $WAIT_SECONDS s still not: $what"
    fi
    sleep "$between"
  done
  echo "  $what, after $(($(date +%s) - began)) s"
}

echo "1. the gateway at $TIDEMARK_URL"
await 1 "it is ready" is_ready

echo "2. put $key into the bucket $S3_BUCKET"
put spring
await 0.2 "a search finds it" found spring

echo "3. edit it: spring becomes autumn (what follows a change within 5 s shares one run with it)"
put autumn
await 0.2 "a search finds the new text" found autumn
if says spring; then fail "the search still finds the old text"; fi

echo "4. watch the lag of $SOURCE (a bucket is complete up to the start of its last listing)"
await 1 "nothing is pending" caught_up

echo "5. delete it"
s3 DELETE || fail "$S3_ENDPOINT did not delete the object"
is_put=no
await 0.2 "no search finds it" gone

if [ -z "$SHOP_SQL" ]; then
  echo "done: put, found, edited, caught up and deleted; no row was tried, since SHOP_SQL is empty"
  exit 0
fi

echo "6. insert a row into the table products of $SHOP_SOURCE"
insert_row spring || fail "the database did not take the row"
await 0.2 "a search finds it" row_found spring

echo "7. update it"
update_row autumn || fail "the database did not update the row"
await 0.2 "a search finds the new text" row_found autumn
if says spring; then fail "the search still finds the old text"; fi

echo "8. delete it"
delete_row || fail "the database did not delete the row"
is_inserted=no
await 0.2 "no search finds it" row_gone

echo "done: an object and a row, each found, edited and deleted"
