import type { UserType } from "@segmeter/engine";

export interface TrafficAgent {
  readonly agentId: string;
  readonly groupId: string;
  readonly userType: UserType;
  /** None: a manager, who only takes over. */
  readonly skillIds: readonly string[];
  /** How long the agent's answers take: 1 is usual, less is faster. */
  readonly pace: number;
}

export interface TrafficRoster {
  readonly agents: readonly TrafficAgent[];
  readonly managers: readonly TrafficAgent[];
  /** Who may be assigned a conversation of a skill. */
  readonly humansOf: (skillId: string) => readonly TrafficAgent[];
  readonly botsOf: (skillId: string) => readonly TrafficAgent[];
}

/** The skills; weight is their share of the conversations. */
export const TRAFFIC_SKILLS = [
  { skillId: "21", weight: 24 },
  { skillId: "22", weight: 18 },
  { skillId: "23", weight: 15 },
  { skillId: "24", weight: 13 },
  { skillId: "25", weight: 11 },
  { skillId: "26", weight: 9 },
  { skillId: "27", weight: 6 },
  { skillId: "28", weight: 4 },
];

export const TRAFFIC_SOURCES = [
  { source: "WEB", weight: 40 },
  { source: "APP", weight: 25 },
  { source: "WHATSAPP", weight: 20 },
  { source: "SMS", weight: 8 },
  { source: "FACEBOOK", weight: 7 },
];

const TEAM_GROUPS = ["3", "4", "5", "6"];
const BOT_GROUP = "7";
const HUMAN_COUNT = 52;
const MANAGER_COUNT = 2;
const BOT_COUNT = 6;

/** 52 agents in four teams, two managers and six bots in a group of their own; each works three skills. */
export function createRoster(): TrafficRoster {
  const humans = Array.from({ length: HUMAN_COUNT }, (_, index): TrafficAgent => ({
    agentId: String(4501 + index),
    groupId: TEAM_GROUPS[index % TEAM_GROUPS.length]!,
    userType: "HUMAN",
    skillIds: skillsOf(index),
    pace: 0.6 + ((index * 7) % HUMAN_COUNT) / HUMAN_COUNT,
  }));
  const managers = Array.from({ length: MANAGER_COUNT }, (_, index): TrafficAgent => ({
    agentId: String(4561 + index),
    groupId: TEAM_GROUPS[index]!,
    userType: "HUMAN",
    skillIds: [],
    pace: 1,
  }));
  const bots = Array.from({ length: BOT_COUNT }, (_, index): TrafficAgent => ({
    agentId: String(4571 + index),
    groupId: BOT_GROUP,
    userType: "BOT",
    skillIds: skillsOf(index),
    pace: 1,
  }));

  const humansBySkill = bySkill(humans);
  const botsBySkill = bySkill(bots);
  return {
    agents: [...humans, ...managers, ...bots],
    managers,
    humansOf: (skillId) => humansBySkill.get(skillId) ?? [],
    botsOf: (skillId) => botsBySkill.get(skillId) ?? [],
  };
}

/** Three skills in a row, so that the number of agents of each is about the same. */
function skillsOf(index: number): string[] {
  return [0, 1, 2].map((step) => TRAFFIC_SKILLS[(index * 3 + step) % TRAFFIC_SKILLS.length]!.skillId);
}

function bySkill(agents: readonly TrafficAgent[]): Map<string, TrafficAgent[]> {
  const staffed = TRAFFIC_SKILLS.map(({ skillId }): [string, TrafficAgent[]] => [
    skillId,
    agents.filter(({ skillIds }) => skillIds.includes(skillId)),
  ]);
  return new Map(staffed);
}
