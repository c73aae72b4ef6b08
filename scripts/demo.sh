#!/bin/bash
# The demo: WordNet in a private throwaway cluster.
#
#	demo.sh start	makes it anew, loads WordNet and asks some questions
#	demo.sh psql	opens psql on it
#	demo.sh stop	stops it and removes it
#
# Everything is in .demo: "place" names the folder of the cluster, .demo/cluster
# if the server can reach it; "wordnet" has the files to load, which take
# longest to make and stay until "make clean"; "violin.svg" is a picture.  The cluster's folder has
# "server", a copy that is not the server's to write to, "data", with the log,
# and "bin" and "socket", which name the folders of programs and socket.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

DEMO=$ROOT/.demo
DATABASE=wordnet

# Sets place, and BIN and socket if there is a cluster.
find_cluster() {
	place=
	[ -f "$DEMO/place" ] || return 1
	place=$(cat "$DEMO/place")
	[ -f "$place/bin" ] && [ -f "$place/socket" ] || return 1
	BIN=$(cat "$place/bin")
	socket=$(cat "$place/socket")
}

sql() {
	"$BIN/psql" -X -q -P pager=off -v ON_ERROR_STOP=1 -h "$socket" -U postgres -d "$DATABASE" "$@"
}

stop() {
	if find_cluster; then
		if [ -f "$place/data/postmaster.pid" ]; then
			(cd "$place" && as_server "$BIN/pg_ctl" -s -D "$place/data" -m immediate stop) || true
		fi
		rm -rf "$socket"
	fi
	[ -z "$place" ] || rm -rf "$place"
	rm -f "$DEMO/place"
}

# A server that root starts runs as another user, who may not be able to
# reach a folder inside root's home.
choose_place() {
	mkdir -p "$DEMO/cluster"
	place=$DEMO/cluster
	if ! as_server test -x "$place"; then
		rmdir "$DEMO/cluster"
		place=$(mktemp -d /var/tmp/kg-demo.XXXXXX)
		chmod 755 "$place"
		say "the server's user cannot reach $ROOT: the cluster is in $place"
	fi
	echo "$place" >"$DEMO/place"
}

start_cluster() {
	private_server "$place/server"
	# the path of a socket has at most 107 bytes
	socket=$(mktemp -d /tmp/kg-demo.XXXXXX)
	echo "$BIN" >"$place/bin"
	echo "$socket" >"$place/socket"
	mkdir "$place/data"
	give_to_server "$place/data" "$socket"
	cd "$place"
	quietly as_server "$BIN/initdb" -D "$place/data" -U postgres -A trust \
		--encoding=UTF8 --no-locale
	as_server tee -a "$place/data/postgresql.conf" >/dev/null <<-END
		listen_addresses = ''
		unix_socket_directories = '$socket'
		shared_buffers = 512MB
		maintenance_work_mem = 512MB
		max_wal_size = 2GB
	END
	quietly as_server "$BIN/pg_ctl" -w -D "$place/data" -l "$place/data/server.log" start
	"$BIN/createdb" -h "$socket" -U postgres "$DATABASE"
}

# with_progress WHAT QUERY COMMAND...: while the command runs, shows the text
# that the query finds; rewrites the line on a terminal, else adds one every
# five seconds.
with_progress() {
	local what=$1 query=$2 start=$SECONDS shown=$SECONDS pid state

	shift 2
	"$@" &
	pid=$!
	while sleep 0.2 && kill -0 "$pid" 2>/dev/null; do
		[ -t 1 ] || [ $((SECONDS - shown)) -ge 5 ] || continue
		state=$(sql -At -c "$query" 2>/dev/null || true)
		if [ -z "$state" ]; then
			continue
		elif [ -t 1 ]; then
			printf '\r\033[K%s: %s' "$what" "$state"
		else
			say "$what: $state"
			shown=$SECONDS
		fi
	done
	[ ! -t 1 ] || printf '\r\033[K'
	wait "$pid"
	say "$what: done in $((SECONDS - start)) s"
}

copy_in() {
	sql -c "COPY $1 FROM STDIN (FORMAT $2)" <"$3"
}

# load TABLE COLUMNS FORMAT: from the file of the table's name
load() {
	local table=$1 file=$DEMO/wordnet/$1.copy size

	size=$(stat -c %s "$file")
	with_progress "loading kg.$table" \
		"SELECT format('%s rows, %s %%', tuples_processed, 100 * bytes_processed / $size)
		 FROM pg_stat_progress_copy" \
		copy_in "kg.$table ($2)" "$3" "$file"
}

start() {
	local begin=$SECONDS

	need_packages wordnet-base python3-sklearn libopenblas0-pthread graphviz
	find_server
	make_server_user
	stop
	choose_place
	start_cluster
	say "$("$PG_CONFIG" --version) with kg, in a cluster of its own"

	"$ROOT/demo/wordnet.py" --out "$DEMO/wordnet"
	sql -f "$ROOT/demo/schema.sql"
	copy_in 'kg.entity_type (id, name)' text "$DEMO/wordnet/entity_type.copy"
	copy_in 'kg.relation_type (id, name)' text "$DEMO/wordnet/relation_type.copy"
	load entity 'id, type, name, properties, embedding' binary
	load relation 'source, target, type, properties' text
	with_progress "kg_hnsw index" \
		"SELECT format('%s (%s)', phase, tuples_done)
		 FROM pg_stat_progress_create_index" \
		sql -f "$ROOT/demo/index.sql"

	sql -e -f "$ROOT/demo/queries.sql"
	sql -f "$ROOT/demo/picture.sql" | dot -Grankdir=LR -Tsvg >"$DEMO/violin.svg"
	say
	say "what is around violin and guitar is drawn in .demo/violin.svg"
	say "made and answered in $((SECONDS - begin)) s"
	say "make demo-psql to ask more, make demo-stop to remove it"
}

open_psql() {
	if ! find_cluster || ! "$BIN/pg_isready" -q -h "$socket"; then
		die "no demo is running: \"make demo\" starts one"
	fi
	exec "$BIN/psql" -h "$socket" -U postgres -d "$DATABASE"
}

case ${1:-} in
	start) start ;;
	psql) open_psql ;;
	stop) stop ;;
	*) die "usage: demo.sh start | psql | stop" ;;
esac
