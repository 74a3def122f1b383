/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the schema, the boot id and transactions. */
#include "daemon/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "daemon/store/rows.h"

/* tmpfs loses everything with the machine, so nothing is gained by waiting for a disk. */
static const char pragmas[] =
	"PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON;"
	"PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"
	"PRAGMA cache_size=-256; PRAGMA wal_autocheckpoint=256;";

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"
	"CREATE TABLE IF NOT EXISTS program(uuid TEXT PRIMARY KEY, load TEXT NOT NULL, id INTEGER NOT NULL,"
	" place INTEGER NOT NULL, name TEXT NOT NULL, function TEXT NOT NULL, section TEXT NOT NULL,"
	" target TEXT NOT NULL, kind TEXT NOT NULL, bytecode TEXT NOT NULL, digest TEXT NOT NULL, config TEXT,"
	" owner_uid INTEGER NOT NULL, owner_gid INTEGER NOT NULL, labels BLOB, globals BLOB,"
	" loaded_at INTEGER NOT NULL, live INTEGER NOT NULL) STRICT;"
	"CREATE UNIQUE INDEX IF NOT EXISTS program_name ON program(name) WHERE live=1;"
	"CREATE INDEX IF NOT EXISTS program_load ON program(load);"
	"CREATE INDEX IF NOT EXISTS program_config ON program(config);"
	"CREATE INDEX IF NOT EXISTS program_id ON program(id);"
	"CREATE TABLE IF NOT EXISTS code(program TEXT PRIMARY KEY REFERENCES program(uuid) ON DELETE CASCADE,"
	" data BLOB NOT NULL) STRICT;"
	"CREATE TABLE IF NOT EXISTS btf(load TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT;"
	"CREATE TABLE IF NOT EXISTS link(id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL,"
	" program TEXT NOT NULL REFERENCES program(uuid), hook TEXT NOT NULL, kind TEXT NOT NULL,"
	" priority INTEGER NOT NULL, proceed_on INTEGER NOT NULL, mode TEXT, kernel_id INTEGER NOT NULL,"
	" ifindex INTEGER NOT NULL, tc_handle INTEGER NOT NULL, tc_priority INTEGER NOT NULL,"
	" netns_ino INTEGER NOT NULL, kept INTEGER NOT NULL, config TEXT, owner_uid INTEGER NOT NULL,"
	" labels BLOB, attached_at INTEGER NOT NULL, live INTEGER NOT NULL, chain INTEGER NOT NULL,"
	" called INTEGER NOT NULL, counted INTEGER NOT NULL, slot INTEGER NOT NULL, segment INTEGER NOT NULL,"
	" function INTEGER NOT NULL, ext_id INTEGER NOT NULL) STRICT;"
	"CREATE TABLE IF NOT EXISTS chain(id INTEGER PRIMARY KEY AUTOINCREMENT, hook TEXT NOT NULL,"
	" kind TEXT NOT NULL, netns_ino INTEGER NOT NULL, revision INTEGER NOT NULL, mode TEXT, why TEXT,"
	" xdp_mode TEXT, segments INTEGER NOT NULL, program_id INTEGER NOT NULL, kernel_id INTEGER NOT NULL,"
	" ifindex INTEGER NOT NULL, tc_handle INTEGER NOT NULL, tc_priority INTEGER NOT NULL,"
	" priority INTEGER NOT NULL, next_slot INTEGER NOT NULL, live INTEGER NOT NULL) STRICT;"
	"CREATE INDEX IF NOT EXISTS chain_hook ON chain(hook);"
	"CREATE TABLE IF NOT EXISTS ext(program_id INTEGER PRIMARY KEY, chain INTEGER NOT NULL) STRICT;"
	"CREATE INDEX IF NOT EXISTS link_program ON link(program);"
	"CREATE INDEX IF NOT EXISTS link_hook ON link(hook);"
	"CREATE TABLE IF NOT EXISTS map(id INTEGER PRIMARY KEY, load TEXT NOT NULL, name TEXT NOT NULL,"
	" type INTEGER NOT NULL, key_size INTEGER NOT NULL, value_size INTEGER NOT NULL,"
	" max_entries INTEGER NOT NULL, flags INTEGER NOT NULL, internal INTEGER NOT NULL, config TEXT,"
	" owner_uid INTEGER NOT NULL, export TEXT, export_uid INTEGER, export_gid INTEGER,"
	" export_mode INTEGER) STRICT;"
	"CREATE INDEX IF NOT EXISTS map_load ON map(load);"
	"CREATE TABLE IF NOT EXISTS map_use(map INTEGER NOT NULL REFERENCES map(id) ON DELETE CASCADE,"
	" program TEXT NOT NULL REFERENCES program(uuid) ON DELETE CASCADE, place INTEGER NOT NULL,"
	" PRIMARY KEY(program, place)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS map_use_map ON map_use(map);"
	"CREATE TABLE IF NOT EXISTS config(name TEXT PRIMARY KEY, body BLOB NOT NULL, owner INTEGER NOT NULL,"
	" applied_at INTEGER NOT NULL, generation INTEGER NOT NULL) STRICT;"
	"CREATE TABLE IF NOT EXISTS volume(uuid TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
	" target TEXT NOT NULL UNIQUE, config TEXT NOT NULL, maps TEXT NOT NULL, layout INTEGER NOT NULL,"
	" read_only INTEGER NOT NULL, has_group INTEGER NOT NULL, fs_group INTEGER NOT NULL,"
	" has_directory INTEGER NOT NULL, owner_uid INTEGER NOT NULL, published_at INTEGER NOT NULL,"
	" pinned TEXT, live INTEGER NOT NULL) STRICT;"
	"CREATE TABLE IF NOT EXISTS object(digest TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT;"
	"PRAGMA user_version=1;";

static const char forget[] =
	"PRAGMA foreign_keys=OFF; DELETE FROM map_use; DELETE FROM map; DELETE FROM link; DELETE FROM chain;"
	"DELETE FROM ext;"
	"DELETE FROM code; DELETE FROM btf; DELETE FROM program; DELETE FROM config;"
	"DELETE FROM volume;"
	"PRAGMA foreign_keys=ON;";

static int boot_id_get(char ret[static UUID_TEXT_SIZE], struct reason *why)
{
	_close_ int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, ret, UUID_TEXT_SIZE - 1) != UUID_TEXT_SIZE - 1)
		return fail(why, -EIO, "cannot read the boot id of this machine");
	ret[UUID_TEXT_SIZE - 1] = '\0';
	return 0;
}

/* Kernel objects do not outlive the boot, so rows of another boot describe nothing. */
static int check_boot(struct store *store, struct reason *why)
{
	char boot_id[UUID_TEXT_SIZE];
	_rows_ struct db_rows rows = {.db = store->db};
	int r = boot_id_get(boot_id, why);

	if (r < 0)
		return r;
	r = db_query(&rows, why, "SELECT value FROM meta WHERE key='boot_id'", "");
	if (r < 0 || (r = db_next(&rows, why)) < 0)
		return r;
	if (r == 1 && strcmp(db_str(&rows, 0), boot_id) == 0)
		return 0;
	db_done(&rows);
	r = db_script(store->db, forget, why);
	if (r < 0)
		return r;
	return db_run(store->db, why, "INSERT OR REPLACE INTO meta VALUES('boot_id', ?)", "s",
		      boot_id);
}

static void store_freep(struct store **store)
{
	store_free(*store);
}

int store_open(const char *path, struct store **ret, struct reason *why)
{
	_cleanup_(store_freep) struct store *store = calloc(1, sizeof(*store));
	int r;

	if (!store)
		return fail(why, -ENOMEM, "out of memory");
	r = db_open(path, &store->db, why);
	if (r == 0)
		r = db_script(store->db, pragmas, why);
	if (r == 0)
		r = db_script(store->db, schema, why);
	if (r == 0)
		r = check_boot(store, why);
	if (r < 0)
		return r;
	*ret = take_ptr(store);
	return 0;
}

void store_free(struct store *store)
{
	if (!store)
		return;
	db_close(store->db);
	free(store);
}

int store_begin(struct store *store, struct reason *why)
{
	return db_run(store->db, why, "BEGIN IMMEDIATE", "");
}

int store_commit(struct store *store, struct reason *why)
{
	return db_run(store->db, why, "COMMIT", "");
}

void store_rollback(struct store *store)
{
	db_run(store->db, NULL, "ROLLBACK", "");
}

int store_counts(struct store *store, uint32_t *ret_programs, uint32_t *ret_links,
		 struct reason *why)
{
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(&rows, why,
			 "SELECT (SELECT count(*) FROM program WHERE live=1),"
			 " (SELECT count(*) FROM link WHERE live=1)",
			 "");

	if (r < 0 || (r = db_next(&rows, why)) < 0)
		return r;
	*ret_programs = db_u32(&rows, 0);
	*ret_links = db_u32(&rows, 1);
	return 0;
}
