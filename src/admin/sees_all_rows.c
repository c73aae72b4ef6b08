/*
 * sees_all_rows.c
 *	  Who may hear figures that tell of all rows of a table.
 *
 * Figures of an index count rows that policies hide.  A table's owner and
 * roles with BYPASSRLS have no policies, unless the owner is made to obey them.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/rls.h"

#include "admin/sees_all_rows.h"

bool
kg_sees_all_rows(Oid table)
{
	if (pg_class_aclcheck(table, GetUserId(), ACL_SELECT) != ACLCHECK_OK &&
		pg_attribute_aclcheck_all(table, GetUserId(), ACL_SELECT, ACLMASK_ANY) != ACLCHECK_OK)
		return false;
	return check_enable_rls(table, InvalidOid, true) != RLS_ENABLED;
}
