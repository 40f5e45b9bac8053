import { endpoints } from "./endpoints";
import { frame } from "./frame";
import { integrations } from "./integrations";
import { jobs } from "./jobs";
import { kit } from "./kit";
import { lists } from "./lists";
import { log } from "./log";
import { python } from "./python";
import { records } from "./records";
import { scripts } from "./scripts";
import { system } from "./system";
import { viewers } from "./viewers";

export const en = { endpoints, frame, integrations, jobs, kit, lists, log, python, records, scripts, system, viewers };
