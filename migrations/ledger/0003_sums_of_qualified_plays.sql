-- The sums begin with the plays that are in qualified_plays now. These are marked, so that none of them is added again.
-- What the version before writes after this is not: its plays are in their shards too, and come from there.
UPDATE `qualified_plays` SET `in_sums` = 1;
--> statement-breakpoint
INSERT INTO `recording_days` (`day`, `block`, `plays`)
SELECT `day`, substr(`key`, 20, 3), json_group_object(`key`, `plays` ORDER BY `key`)
FROM (
	SELECT date(`played_at` / 1000, 'unixepoch') AS `day`,
		`recording_id` || '/' || `country` || '/' || iif(`commercial_model` = 'SubscriptionModel', 'S', 'A') AS `key`,
		count(*) AS `plays`
	FROM `qualified_plays` WHERE `in_sums` = 1 GROUP BY 1, 2
)
GROUP BY 1, 2;
--> statement-breakpoint
INSERT INTO `recording_totals` (`block`, `plays`)
SELECT substr(`recording_id`, -3), json_group_object(`recording_id`, `plays` ORDER BY `recording_id`)
FROM (SELECT `recording_id`, count(*) AS `plays` FROM `qualified_plays` WHERE `in_sums` = 1 GROUP BY 1)
GROUP BY 1;
--> statement-breakpoint
INSERT INTO `roll_up` (`id`, `step`, `phase`, `moved_at`, `part`, `parts`, `plan`) VALUES (1, 0, 'idle', 0, 0, 0, '[]');
