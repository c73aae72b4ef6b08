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
# "bin" and "socket", which name the folders of programs and socket, and
# "complete", from when all is loaded.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

DEMO=$ROOT/.demo
DATABASE=wordnet
# Of Debian 12 with two cores; README says the same.
NEEDS='up to 175 packages (250 MB to download, 1.4 GB of disk), and 1.6 GB of disk for itself'

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

# Half a demo is none: whatever ends "start" early, its server goes.
give_up() {
	local status=$?

	trap '' INT TERM HUP
	printf '\n' >&2
	say "kg: the demo is not finished; removing its server and its tables ..." >&2
	stop_child
	restore_cluster_setting
	stop
	[ "$status" != 0 ] || status=1
	say "kg: removed" >&2
	exit "$status"
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
		say "the demo is in $place: the user \"$SERVER_USER\", who runs its server, cannot reach $ROOT"
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
	say "making a cluster"
	quietly as_server "$BIN/initdb" -D "$place/data" -U postgres -A trust \
		--encoding=UTF8 --no-locale
	as_server tee -a "$place/data/postgresql.conf" >/dev/null <<-END
		listen_addresses = ''
		unix_socket_directories = '$socket'
		shared_buffers = 512MB
		maintenance_work_mem = 512MB
		max_wal_size = 2GB
	END
	# A server is up or not there when Ctrl-C comes to stop it.
	(
		trap '' INT TERM HUP
		quietly as_server "$BIN/pg_ctl" -w -D "$place/data" -l "$place/data/server.log" start
	)
	"$BIN/createdb" -h "$socket" -U postgres "$DATABASE"
}

copy_in() {
	sql -c "COPY $1 FROM STDIN (FORMAT $2)" <"$3"
}

entity_state() {
	sql -At -c "SELECT format('%s of $entities rows, %s %%', tuples_processed, 100 * tuples_processed / $entities) ||
			CASE WHEN tuples_processed >= $entities THEN ', checking foreign keys' ELSE '' END
		FROM pg_stat_progress_copy"
}

index_state() {
	sql -At -c "SELECT format('%s, %s of $entities rows, %s %%', phase, tuples_done, 100 * tuples_done / $entities)
		FROM pg_stat_progress_create_index"
}

relation_state() {
	printf '%d of %d rows, %d %%, foreign keys checked' "$(<"$place/loaded")" "$relations" \
		$((100 * $(<"$place/loaded") / relations))
}

# Foreign keys are checked when a COPY has read all its rows, for longer than
# it read: in parts, what is shown is done.
load_relations() {
	local part loaded=0

	split -l 20000 "$DEMO/wordnet/relation.copy" "$place/part."
	for part in "$place"/part.*; do
		copy_in 'kg.relation (source, target, type, properties)' text "$part"
		loaded=$((loaded + $(wc -l <"$part")))
		echo "$loaded" >"$place/loaded"
		rm "$part"
	done
}

load_wordnet() {
	entities=$(cat "$DEMO/wordnet/entities")
	relations=$(wc -l <"$DEMO/wordnet/relation.copy")
	echo 0 >"$place/loaded"

	sql -f "$ROOT/demo/schema.sql"
	copy_in 'kg.entity_type (id, name)' text "$DEMO/wordnet/entity_type.copy"
	copy_in 'kg.relation_type (id, name)' text "$DEMO/wordnet/relation_type.copy"
	with_progress "loading kg.entity" entity_state \
		copy_in 'kg.entity (id, type, name, properties, embedding)' binary "$DEMO/wordnet/entity.copy"
	with_progress "loading kg.relation" relation_state load_relations
	with_progress "kg_hnsw index" index_state sql -f "$ROOT/demo/index.sql"
}

start() {
	local begin=$SECONDS

	say "The demo needs $NEEDS."
	say "It takes some 10 minutes on two cores, more if they are busy, another time 3. Ctrl-C ends it at any time."
	mkdir -p "$DEMO"
	[ ! -f "$DEMO/place" ] || say "removing the previous demo"
	stop
	trap give_up EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	also_needed=("${WORDNET_PACKAGES[@]}" graphviz)
	find_server
	make_server_user
	choose_place
	start_cluster
	say "$("$PG_CONFIG" --version) with kg, in a cluster of its own"

	"$ROOT/demo/wordnet.py" --out "$DEMO/wordnet"
	load_wordnet
	sql -e -f "$ROOT/demo/queries.sql"
	sql -f "$ROOT/demo/picture.sql" | dot -Grankdir=LR -Tsvg >"$DEMO/violin.svg"
	touch "$place/complete"
	trap - EXIT INT TERM HUP
	say
	say "what is around violin and guitar is drawn in .demo/violin.svg"
	say "made and answered in $((SECONDS - begin)) s"
	say "make demo-psql to ask more, make demo-stop to remove it"
}

open_psql() {
	if ! find_cluster || ! "$BIN/pg_isready" -q -h "$socket"; then
		die "no demo is running: \"make demo\" starts one"
	fi
	[ -f "$place/complete" ] ||
		die "the demo is not loaded yet, or was not finished: \"make demo\" makes it anew"
	exec "$BIN/psql" -h "$socket" -U postgres -d "$DATABASE"
}

case ${1:-} in
	start) start ;;
	psql) open_psql ;;
	stop)
		stop
		restore_cluster_setting
		;;
	*) die "usage: demo.sh start | psql | stop" ;;
esac
