-- MySQL-compatible dump of hrportal_small, 2026-09-09 01:58:14 UTC
-- Host: hr-sql-test.contoso.com    Database: hrportal_small
SET NAMES utf8mb4;
DROP TABLE IF EXISTS `employee`;
CREATE TABLE `employee` (
  `id` int NOT NULL,
  `display_name` varchar(120) NOT NULL,
  `mail` varchar(190) NOT NULL,
  `phone` varchar(40) DEFAULT NULL,
  `cost_centre` char(6) NOT NULL,
  PRIMARY KEY (`id`)
);
INSERT INTO `employee` VALUES
 (1001,'Tomasz Nowak','tomasz@contoso.com','+49 30 5550 131','DE4410'),
 (1002,'Priya Nair','priya@contoso.com','+49 30 5550 133','DE4410'),
 (1003,'Jane Miller','jane@contoso.com','+49 30 5550 137','DE4420'),
 (1004,'Lars Holm','lars@contoso.com','+49 40 5550 212','DE4510'),
 (1005,'Ines Duarte','ines@contoso.com',NULL,'DE4410'),
 (1006,'Yusuf Kaya','yusuf@contoso.com','+49 30 5550 141','DE4420');
CREATE TABLE `time_record` (`employee` int NOT NULL, `day` date NOT NULL, `minutes` smallint NOT NULL);
INSERT INTO `time_record` VALUES
 (1001,'2026-09-01',440),
 (1002,'2026-09-01',477),
 (1003,'2026-09-01',443),
 (1004,'2026-09-01',480),
 (1005,'2026-09-01',446),
 (1006,'2026-09-01',483),
 (1001,'2026-09-02',449),
 (1002,'2026-09-02',486),
 (1003,'2026-09-02',452),
 (1004,'2026-09-02',489),
 (1005,'2026-09-02',455),
 (1006,'2026-09-02',492),
 (1001,'2026-09-03',458),
 (1002,'2026-09-03',495),
 (1003,'2026-09-03',461),
 (1004,'2026-09-03',498),
 (1005,'2026-09-03',464),
 (1006,'2026-09-03',501),
 (1001,'2026-09-04',467),
 (1002,'2026-09-04',504),
 (1003,'2026-09-04',470),
 (1004,'2026-09-04',507),
 (1005,'2026-09-04',473),
 (1006,'2026-09-04',510),
 (1001,'2026-09-05',476),
 (1002,'2026-09-05',442),
 (1003,'2026-09-05',479),
 (1004,'2026-09-05',445),
 (1005,'2026-09-05',482),
 (1006,'2026-09-05',448),
 (1001,'2026-09-06',485),
 (1002,'2026-09-06',451),
 (1003,'2026-09-06',488),
 (1004,'2026-09-06',454),
 (1005,'2026-09-06',491),
 (1006,'2026-09-06',457);
