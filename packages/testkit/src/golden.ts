import { parseGoldenCase } from "./golden-table.ts";
import type { GoldenCase, GoldenText } from "./golden-table.ts";

const GOLDEN_TEXTS: readonly GoldenText[] = [
  {
    name: "each segment has one of four outcomes",
    events: `
      int 1000 CONVERSATION_STARTED source=WEB skillId=1
      int 2000 AGENT_ASSIGNED agentId=1 groupId=10
      int 3000 MESSAGE_SENT sentBy=AGENT agentId=1
      int 3600 MESSAGE_SENT sentBy=CONSUMER
      int 5000 CONVERSATION_CLOSED closedBy=AGENT

      aba 1000 CONVERSATION_STARTED source=WEB skillId=1
      aba 2000 AGENT_ASSIGNED agentId=1 groupId=10
      aba 2500 MESSAGE_SENT sentBy=CONSUMER
      aba 9000 CONVERSATION_CLOSED closedBy=CONSUMER

      nrc 1500 CONVERSATION_STARTED source=WEB skillId=1
      nrc 2000 AGENT_ASSIGNED agentId=1 groupId=10
      nrc 5000 MESSAGE_SENT sentBy=AGENT agentId=1
      nrc 6000 CONVERSATION_CLOSED closedBy=SYSTEM

      nra 1000 CONVERSATION_STARTED source=WEB skillId=1
      nra 2000 AGENT_ASSIGNED agentId=1 groupId=10
      nra 2500 MESSAGE_SENT sentBy=CONSUMER
      nra 7000 CONVERSATION_CLOSED closedBy=SYSTEM

      out 1000 CONVERSATION_STARTED source=WEB skillId=1
      out 2000 AGENT_ASSIGNED agentId=1 groupId=10
      out 4000 AGENT_UNASSIGNED`,
    segments: `
      int 1 10 HUMAN 1 WEB 2000 5000 NEW_CONVERSATION CLOSED_BY_AGENT    INTERACTIVE             1 1000 1000
      aba 1 10 HUMAN 1 WEB 2000 9000 NEW_CONVERSATION CLOSED_BY_CONSUMER ABANDONED_BY_CONSUMER   0 0    -
      nrc 1 10 HUMAN 1 WEB 2000 6000 NEW_CONVERSATION CLOSED_BY_SYSTEM   NON_RESPONSIVE_CONSUMER 1 3000 3000
      nra 1 10 HUMAN 1 WEB 2000 7000 NEW_CONVERSATION CLOSED_BY_SYSTEM   NON_RESPONSIVE_AGENT    0 0    -
      out 1 10 HUMAN 1 WEB 2000 4000 NEW_CONVERSATION BACK_TO_QUEUE      NON_RESPONSIVE_AGENT    0 0    -`,
    answers: `
      total           5 0.4 4200 1 1 1 2 2000 - 2000 2000
      skill=1 agent=1 5 0.4 4200 1 1 1 2 2000 - 2000 2000`,
  },
  {
    name: "a transfer and back gives the first agent two segments, of which only the first is by a new conversation",
    events: `
      c     0 CONVERSATION_STARTED source=WEB skillId=1
      c  1000 AGENT_ASSIGNED agentId=1 groupId=10
      c  2500 MESSAGE_SENT sentBy=AGENT agentId=1
      c  3000 MESSAGE_SENT sentBy=CONSUMER
      c  6000 AGENT_ASSIGNED agentId=2 groupId=20 skillId=2
      c  8000 MESSAGE_SENT sentBy=AGENT agentId=2
      c  8500 MESSAGE_SENT sentBy=CONSUMER
      c  9000 AGENT_UNASSIGNED reason=AGENT_TRANSFER
      c 11000 AGENT_ASSIGNED agentId=1 groupId=10 skillId=1
      c 11900 MESSAGE_SENT sentBy=AGENT agentId=1
      c 15000 CONVERSATION_CLOSED closedBy=AGENT`,
    segments: `
      c 1 10 HUMAN 1 WEB  1000  6000 NEW_CONVERSATION AGENT_TRANSFER  INTERACTIVE             1 1500 1500
      c 2 20 HUMAN 2 WEB  6000  9000 TRANSFER         AGENT_TRANSFER  INTERACTIVE             1 2000 2000
      c 1 10 HUMAN 1 WEB 11000 15000 TRANSFER         CLOSED_BY_AGENT NON_RESPONSIVE_CONSUMER 1  900  900`,
    answers: `
      total   3 1 4000 2 0 1 0 1466 1450 1500 1466
      agent=1 2 1 4500 1 0 1 0 1200  900 1500 1200
      agent=2 1 1 3000 1 0 0 0 2000 2000    - 2000`,
  },
  {
    name: "time in the queue, and what is said in it, belongs to no segment",
    events: `
      c      0 CONVERSATION_STARTED source=SMS skillId=5
      c  10000 AGENT_ASSIGNED agentId=1
      c  12000 MESSAGE_SENT sentBy=AGENT agentId=1
      c  13000 MESSAGE_SENT sentBy=CONSUMER
      c  14000 AGENT_UNASSIGNED
      c  15000 MESSAGE_SENT sentBy=CONSUMER
      c  16000 MESSAGE_SENT sentBy=AGENT agentId=1
      c 600000 AGENT_ASSIGNED agentId=2
      c 600700 MESSAGE_SENT sentBy=AGENT agentId=2
      c 601000 CONVERSATION_CLOSED closedBy=CONSUMER`,
    segments: `
      c 1 - HUMAN 5 SMS  10000  14000 NEW_CONVERSATION BACK_TO_QUEUE      INTERACTIVE             1 2000 2000
      c 2 - HUMAN 5 SMS 600000 601000 TRANSFER         CLOSED_BY_CONSUMER NON_RESPONSIVE_CONSUMER 1  700  700`,
    answers: `
      total           2 1 2500 1 0 1 0 1350 700 2000 1350
      interval=0      1 1 4000 1 0 0 0 2000   - 2000 2000
      interval=600000 1 1 1000 0 0 1 0  700 700    -  700`,
  },
  {
    name: "the same agent under another skill is a new segment; under the same skill, or none named, nothing happens",
    events: `
      c    0 CONVERSATION_STARTED source=WEB skillId=1
      c 1000 AGENT_ASSIGNED agentId=1 groupId=10
      c 1500 MESSAGE_SENT sentBy=AGENT agentId=1
      c 2000 AGENT_ASSIGNED agentId=1 groupId=20 takeover=true
      c 2500 AGENT_ASSIGNED agentId=1 skillId=1 userType=BOT takeover=true
      c 2600 MESSAGE_SENT sentBy=CONSUMER
      c 3000 AGENT_ASSIGNED agentId=1 groupId=20 skillId=2
      c 3800 MESSAGE_SENT sentBy=AGENT agentId=1
      c 4000 MESSAGE_SENT sentBy=CONSUMER
      c 5000 AGENT_ASSIGNED agentId=1 groupId=20 skillId=3 takeover=true
      c 5500 MESSAGE_SENT sentBy=AGENT agentId=1
      c 7000 CONVERSATION_CLOSED closedBy=AGENT

      d    0 CONVERSATION_STARTED source=WEB
      d 1000 AGENT_ASSIGNED agentId=1 groupId=10
      d 4000 AGENT_ASSIGNED agentId=1 groupId=10 skillId=4
      d 5000 CONVERSATION_CLOSED closedBy=SYSTEM`,
    segments: `
      c 1 10 HUMAN 1 WEB 1000 3000 NEW_CONVERSATION SKILL_TRANSFER   INTERACTIVE             1 500 500
      c 1 20 HUMAN 2 WEB 3000 5000 TRANSFER         SKILL_TRANSFER   INTERACTIVE             1 800 800
      c 1 20 HUMAN 3 WEB 5000 7000 TAKEOVER         CLOSED_BY_AGENT  NON_RESPONSIVE_CONSUMER 0   0   -
      d 1 10 HUMAN - WEB 1000 4000 NEW_CONVERSATION SKILL_TRANSFER   NON_RESPONSIVE_AGENT    0   0   -
      d 1 10 HUMAN 4 WEB 4000 5000 TRANSFER         CLOSED_BY_SYSTEM NON_RESPONSIVE_AGENT    0   0   -`,
    answers: `
      total   5 0.4 2000 2 0 1 2 650 800 500 650
      skill=1 1 1   2000 1 0 0 0 500   - 500 500
      skill=2 1 1   2000 1 0 0 0 800 800   - 800
      skill=3 1 0   2000 0 0 1 0   -   -   -   -
      skill=4 1 0   1000 0 0 0 1   -   -   -   -`,
  },
  {
    name: "the first message after a takeover decides the outcome and enters no average",
    events: `
      c     0 CONVERSATION_STARTED source=WEB skillId=1
      c  1000 AGENT_ASSIGNED agentId=1
      c  5000 AGENT_ASSIGNED agentId=900 takeover=true
      c  6000 MESSAGE_SENT sentBy=AGENT agentId=900
      c  7000 MESSAGE_SENT sentBy=CONSUMER
      c  9500 MESSAGE_SENT sentBy=AGENT agentId=900
      c 10000 CONVERSATION_CLOSED closedBy=AGENT

      d     0 CONVERSATION_STARTED source=WEB skillId=1
      d  2000 AGENT_ASSIGNED agentId=900 takeover=true
      d  3000 MESSAGE_SENT sentBy=AGENT agentId=900
      d  4000 AGENT_ASSIGNED agentId=1
      d  4250 MESSAGE_SENT sentBy=AGENT agentId=1
      d  5000 CONVERSATION_CLOSED closedBy=AGENT`,
    segments: `
      c   1 - HUMAN 1 WEB 1000  5000 NEW_CONVERSATION TAKEOVER        NON_RESPONSIVE_AGENT    0    0   -
      c 900 - HUMAN 1 WEB 5000 10000 TAKEOVER         CLOSED_BY_AGENT INTERACTIVE             1 2500   -
      d 900 - HUMAN 1 WEB 2000  4000 TAKEOVER         AGENT_TRANSFER  NON_RESPONSIVE_CONSUMER 0    0   -
      d   1 - HUMAN 1 WEB 4000  5000 TRANSFER         CLOSED_BY_AGENT NON_RESPONSIVE_CONSUMER 1  250 250`,
    answers: `
      total     4 0.5 3000 1 0 2 1 250 250 - 1375
      agent=1   2 0.5 2500 0 0 1 1 250 250 -  250
      agent=900 2 0.5 3500 1 0 1 0   -   - - 2500`,
  },
  {
    name: "a segment by a resume starts at the resume, and its first response enters no average",
    events: `
      c     0 CONVERSATION_RESUMED source=WEB skillId=1
      c   300 MESSAGE_SENT sentBy=CONSUMER
      c   500 AGENT_ASSIGNED agentId=1
      c  1500 MESSAGE_SENT sentBy=AGENT agentId=1
      c  4000 MESSAGE_SENT sentBy=CONSUMER
      c  6000 MESSAGE_SENT sentBy=AGENT agentId=1
      c  8000 AGENT_UNASSIGNED skillId=2
      c  9000 AGENT_ASSIGNED agentId=2
      c  9250 MESSAGE_SENT sentBy=AGENT agentId=2
      c  9500 CONVERSATION_CLOSED closedBy=SYSTEM
      c 20000 CONVERSATION_RESUMED source=APP skillId=3
      c 21000 CONVERSATION_RESUMED source=SMS skillId=4
      c 22000 AGENT_ASSIGNED agentId=900 takeover=true
      c 23000 AGENT_ASSIGNED agentId=2
      c 23400 MESSAGE_SENT sentBy=AGENT agentId=2
      c 24000 CONVERSATION_CLOSED closedBy=CONSUMER`,
    segments: `
      c   1 - HUMAN 1 WEB     0  8000 RESUME   SKILL_TRANSFER     INTERACTIVE             1 2000   -
      c   2 - HUMAN 2 WEB  9000  9500 TRANSFER CLOSED_BY_SYSTEM   NON_RESPONSIVE_CONSUMER 1  250 250
      c 900 - HUMAN 3 APP 22000 23000 TAKEOVER AGENT_TRANSFER     NON_RESPONSIVE_AGENT    0    0   -
      c   2 - HUMAN 3 APP 23000 24000 TRANSFER CLOSED_BY_CONSUMER NON_RESPONSIVE_CONSUMER 1  400 400`,
    answers: `
      total     4 0.75 2625 1 0 2 1 325 325 -  883
      agent=1   1 1    8000 1 0 0 0   -   - - 2000
      agent=2   2 1     750 0 0 2 0 325 325 -  325
      agent=900 1 0    1000 0 0 0 1   -   - -    -`,
  },
  {
    name: "only the assigned agent's messages count: others and the controller bot stop no clock and part no run",
    events: `
      c    0 CONVERSATION_STARTED source=WEB skillId=1
      c 1000 AGENT_ASSIGNED agentId=1
      c 2000 MESSAGE_SENT sentBy=SYSTEM
      c 3000 MESSAGE_SENT sentBy=AGENT agentId=2
      c 3500 MESSAGE_SENT sentBy=CONSUMER
      c 5000 MESSAGE_SENT sentBy=AGENT agentId=1
      c 5500 MESSAGE_SENT sentBy=SYSTEM
      c 5600 MESSAGE_SENT sentBy=AGENT agentId=1
      c 5800 MESSAGE_SENT sentBy=AGENT agentId=2
      c 6000 CONVERSATION_CLOSED closedBy=AGENT

      d    0 CONVERSATION_STARTED source=WEB skillId=1
      d 1000 AGENT_ASSIGNED agentId=1
      d 2000 MESSAGE_SENT sentBy=AGENT agentId=2
      d 2500 MESSAGE_SENT sentBy=CONSUMER
      d 3000 CONVERSATION_CLOSED closedBy=CONSUMER`,
    segments: `
      c 1 - HUMAN 1 WEB 1000 6000 NEW_CONVERSATION CLOSED_BY_AGENT    NON_RESPONSIVE_CONSUMER 1 4000 4000
      d 1 - HUMAN 1 WEB 1000 3000 NEW_CONVERSATION CLOSED_BY_CONSUMER ABANDONED_BY_CONSUMER   0    0    -`,
    answers: `
      total 2 0.5 3500 0 1 1 0 4000 - 4000 4000`,
  },
  {
    name: "a run of messages is one response, timed from the consumer's first message after the response before",
    events: `
      c    0 CONVERSATION_STARTED source=WEB skillId=1
      c 1000 AGENT_ASSIGNED agentId=1
      c 2000 MESSAGE_SENT sentBy=AGENT agentId=1
      c 2100 MESSAGE_SENT sentBy=AGENT agentId=1
      c 2200 MESSAGE_SENT sentBy=AGENT agentId=1
      c 3000 MESSAGE_SENT sentBy=CONSUMER
      c 4000 MESSAGE_SENT sentBy=CONSUMER
      c 7000 MESSAGE_SENT sentBy=AGENT agentId=1
      c 7100 MESSAGE_SENT sentBy=AGENT agentId=1
      c 8000 MESSAGE_SENT sentBy=AGENT agentId=1
      c 8500 MESSAGE_SENT sentBy=CONSUMER
      c 9000 CONVERSATION_CLOSED closedBy=AGENT`,
    segments: `
      c 1 - HUMAN 1 WEB 1000 9000 NEW_CONVERSATION CLOSED_BY_AGENT INTERACTIVE 2 5000 1000`,
    answers: `
      total 1 2 8000 1 0 0 0 1000 - 1000 2500`,
  },
  {
    name: "a consumer's message before the agent's first makes nothing interactive and starts no clock",
    events: `
      c    0 CONVERSATION_STARTED source=WEB skillId=1
      c  500 MESSAGE_SENT sentBy=CONSUMER
      c 1000 AGENT_ASSIGNED agentId=1
      c 1500 MESSAGE_SENT sentBy=CONSUMER
      c 2500 MESSAGE_SENT sentBy=AGENT agentId=1
      c 3000 AGENT_UNASSIGNED
      c 3500 MESSAGE_SENT sentBy=CONSUMER
      c 4000 CONVERSATION_CLOSED closedBy=CONSUMER`,
    segments: `
      c 1 - HUMAN 1 WEB 1000 3000 NEW_CONVERSATION BACK_TO_QUEUE NON_RESPONSIVE_CONSUMER 1 1500 1500`,
    answers: `
      total 1 1 2000 0 0 1 0 1500 - 1500 1500`,
  },
  {
    name: "closed stays closed until it is started again, and an open one cannot be started",
    events: `
      c    0 CONVERSATION_STARTED source=WEB skillId=1
      c 1000 AGENT_ASSIGNED agentId=1
      c 1500 CONVERSATION_STARTED source=SMS skillId=9
      c 2000 CONVERSATION_CLOSED closedBy=CONSUMER
      c 2500 AGENT_ASSIGNED agentId=2
      c 2600 MESSAGE_SENT sentBy=AGENT agentId=2
      c 2700 AGENT_UNASSIGNED skillId=7
      c 2800 CONVERSATION_CLOSED closedBy=AGENT
      c 3000 CONVERSATION_STARTED
      c 4000 AGENT_ASSIGNED agentId=2
      c 4400 MESSAGE_SENT sentBy=AGENT agentId=2
      c 5000 CONVERSATION_CLOSED closedBy=AGENT`,
    segments: `
      c 1 - HUMAN 1 WEB     1000 2000 NEW_CONVERSATION CLOSED_BY_CONSUMER ABANDONED_BY_CONSUMER   0   0   -
      c 2 - HUMAN - UNKNOWN 4000 5000 NEW_CONVERSATION CLOSED_BY_AGENT    NON_RESPONSIVE_CONSUMER 1 400 400`,
    answers: `
      total           2 0.5 1000 0 1 1 0 400 - 400 400
      skill=1 agent=1 1 0   1000 0 1 0 0   - -   -   -`,
  },
  {
    name: "before anything arrives late, the log's word counts",
    events: `
      c    0 CONVERSATION_STARTED source=WEB skillId=1
      c 1000 AGENT_ASSIGNED agentId=1
      c 9000 CONVERSATION_CLOSED closedBy=CONSUMER`,
    segments: `
      c 1 - HUMAN 1 WEB 1000 9000 NEW_CONVERSATION CLOSED_BY_CONSUMER ABANDONED_BY_CONSUMER 0 0 -`,
    answers: `
      total 1 0 8000 0 1 0 0 - - - -`,
  },
  {
    name: "late messages and a late transfer correct a closed segment",
    events: `
      c    0 CONVERSATION_STARTED source=WEB skillId=1
      c 1000 AGENT_ASSIGNED agentId=1
      c 9000 CONVERSATION_CLOSED closedBy=CONSUMER
      c 2000 MESSAGE_SENT sentBy=AGENT agentId=1
      c 3000 MESSAGE_SENT sentBy=CONSUMER
      c 5000 AGENT_ASSIGNED agentId=2 skillId=2`,
    segments: `
      c 1 - HUMAN 1 WEB 1000 5000 NEW_CONVERSATION AGENT_TRANSFER     INTERACTIVE           1 1000 1000
      c 2 - HUMAN 2 WEB 5000 9000 TRANSFER         CLOSED_BY_CONSUMER ABANDONED_BY_CONSUMER 0    0    -`,
    answers: `
      total   2 0.5 4000 1 1 0 0 1000 - 1000 1000
      agent=1 1 1   4000 1 0 0 0 1000 - 1000 1000
      agent=2 1 0   4000 0 1 0 0    - -    -    -`,
  },
  {
    name: "a late close takes back what comes after it",
    events: `
      c    0 CONVERSATION_STARTED source=WEB skillId=1
      c 1000 AGENT_ASSIGNED agentId=1
      c 2000 MESSAGE_SENT sentBy=AGENT agentId=1
      c 5000 AGENT_ASSIGNED agentId=2 skillId=2
      c 9000 CONVERSATION_CLOSED closedBy=CONSUMER
      c 1500 CONVERSATION_CLOSED closedBy=SYSTEM`,
    segments: `
      c 1 - HUMAN 1 WEB 1000 1500 NEW_CONVERSATION CLOSED_BY_SYSTEM NON_RESPONSIVE_AGENT 0 0 -`,
    answers: `
      total 1 0 500 0 0 0 1 - - - -`,
  },
  {
    name: "events are ordered by time, then sequence, then arrival, and the same id again changes nothing",
    events: `
      c 4000 CONVERSATION_CLOSED  eventId=x closedBy=AGENT
      c 1000 MESSAGE_SENT         eventId=m sequence=2 sentBy=AGENT agentId=1
      c    0 CONVERSATION_STARTED eventId=s source=WEB skillId=1
      c 3000 MESSAGE_SENT         eventId=n sentBy=AGENT agentId=1
      c    0 CONVERSATION_STARTED eventId=s source=WEB skillId=1
      c 3500 MESSAGE_SENT         eventId=n sentBy=CONSUMER
      c 1000 MESSAGE_SENT         eventId=k sequence=3 sentBy=CONSUMER
      c 1000 AGENT_ASSIGNED       eventId=a sequence=1 agentId=1

      d    0 CONVERSATION_STARTED eventId=s source=WEB skillId=1
      d 2000 AGENT_ASSIGNED       eventId=a agentId=1
      d 2000 MESSAGE_SENT         eventId=k sentBy=CONSUMER
      d 2000 MESSAGE_SENT         eventId=m sentBy=AGENT agentId=1
      d 2000 CONVERSATION_CLOSED  eventId=x closedBy=AGENT`,
    segments: `
      c 1 - HUMAN 1 WEB 1000 4000 NEW_CONVERSATION CLOSED_BY_AGENT INTERACTIVE             2 2000 0
      d 1 - HUMAN 1 WEB 2000 2000 NEW_CONVERSATION CLOSED_BY_AGENT NON_RESPONSIVE_CONSUMER 1    0 0`,
    answers: `
      total 2 1.5 1500 1 0 1 0 0 - 0 666`,
  },
  {
    name: "an agent unassigned without a reason goes by skill transfer if the skill changes, else back to the queue",
    events: `
      a     0 CONVERSATION_STARTED source=WEB skillId=1
      a  1000 AGENT_ASSIGNED agentId=1
      a  2000 AGENT_UNASSIGNED skillId=2
      a  3000 AGENT_ASSIGNED agentId=1
      a  4000 AGENT_UNASSIGNED skillId=2
      a  5000 AGENT_ASSIGNED agentId=1
      a  6000 AGENT_UNASSIGNED
      a  7000 AGENT_ASSIGNED agentId=1
      a  8000 AGENT_UNASSIGNED reason=AGENT_TRANSFER skillId=3
      a  8500 AGENT_UNASSIGNED skillId=4
      a  9000 AGENT_ASSIGNED agentId=1
      a 10000 AGENT_UNASSIGNED reason=SKILL_TRANSFER
      a 11000 AGENT_ASSIGNED agentId=1

      b     0 CONVERSATION_STARTED source=WEB
      b  1000 AGENT_ASSIGNED agentId=1
      b  2000 AGENT_UNASSIGNED skillId=1`,
    segments: `
      a 1 - HUMAN 1 WEB 1000  2000 NEW_CONVERSATION SKILL_TRANSFER NON_RESPONSIVE_AGENT 0 0 -
      a 1 - HUMAN 2 WEB 3000  4000 TRANSFER         BACK_TO_QUEUE  NON_RESPONSIVE_AGENT 0 0 -
      a 1 - HUMAN 2 WEB 5000  6000 TRANSFER         BACK_TO_QUEUE  NON_RESPONSIVE_AGENT 0 0 -
      a 1 - HUMAN 2 WEB 7000  8000 TRANSFER         AGENT_TRANSFER NON_RESPONSIVE_AGENT 0 0 -
      a 1 - HUMAN 4 WEB 9000 10000 TRANSFER         SKILL_TRANSFER NON_RESPONSIVE_AGENT 0 0 -
      b 1 - HUMAN - WEB 1000  2000 NEW_CONVERSATION SKILL_TRANSFER NON_RESPONSIVE_AGENT 0 0 -`,
    answers: `
      total   6 0 1000 0 0 0 6 - - - -
      skill=1 1 0 1000 0 0 0 1 - - - -
      skill=2 3 0 1000 0 0 0 3 - - - -
      skill=4 1 0 1000 0 0 0 1 - - - -`,
  },
  {
    name: "any event opens an unseen conversation as a new one of unknown source, the closing too",
    events: `
      m    0 MESSAGE_SENT sentBy=CONSUMER
      m 1000 AGENT_ASSIGNED agentId=1
      m 1200 MESSAGE_SENT sentBy=AGENT agentId=1
      m 1500 CONVERSATION_STARTED source=WEB skillId=1
      m 2000 CONVERSATION_CLOSED closedBy=AGENT

      a 1000 AGENT_ASSIGNED agentId=1 skillId=5
      a 3000 CONVERSATION_CLOSED closedBy=CONSUMER

      u    0 AGENT_UNASSIGNED skillId=6
      u 1000 AGENT_ASSIGNED agentId=1
      u 4000 CONVERSATION_CLOSED closedBy=SYSTEM

      x    0 CONVERSATION_CLOSED closedBy=AGENT
      x 1000 AGENT_ASSIGNED agentId=1
      x 2000 CONVERSATION_CLOSED closedBy=AGENT`,
    segments: `
      m 1 - HUMAN - UNKNOWN 1000 2000 NEW_CONVERSATION CLOSED_BY_AGENT    NON_RESPONSIVE_CONSUMER 1 200 200
      a 1 - HUMAN 5 UNKNOWN 1000 3000 NEW_CONVERSATION CLOSED_BY_CONSUMER ABANDONED_BY_CONSUMER   0   0   -
      u 1 - HUMAN 6 UNKNOWN 1000 4000 NEW_CONVERSATION CLOSED_BY_SYSTEM   NON_RESPONSIVE_AGENT    0   0   -`,
    answers: `
      total   3 0.3333333333333333 2000 0 1 1 1 200 - 200 200
      skill=5 1 0                  2000 0 1 0 0   - -   -   -
      skill=6 1 0                  3000 0 0 0 1   - -   -   -`,
  },
  {
    name: "averages are pooled and those in ms truncated: 19 ms over 4 responses is 4, not 5 and not the mean of 2 and 12",
    events: `
      a  0 CONVERSATION_STARTED source=WEB skillId=1
      a 10 AGENT_ASSIGNED agentId=1
      a 15 MESSAGE_SENT sentBy=AGENT agentId=1
      a 20 MESSAGE_SENT sentBy=CONSUMER
      a 21 MESSAGE_SENT sentBy=AGENT agentId=1
      a 22 MESSAGE_SENT sentBy=CONSUMER
      a 23 MESSAGE_SENT sentBy=AGENT agentId=1
      a 31 CONVERSATION_CLOSED closedBy=AGENT

      b  0 CONVERSATION_STARTED source=WEB skillId=1
      b 10 AGENT_ASSIGNED agentId=2
      b 22 MESSAGE_SENT sentBy=AGENT agentId=2
      b 30 CONVERSATION_CLOSED closedBy=AGENT`,
    segments: `
      a 1 - HUMAN 1 WEB 10 31 NEW_CONVERSATION CLOSED_BY_AGENT INTERACTIVE             3  7  5
      b 2 - HUMAN 1 WEB 10 30 NEW_CONVERSATION CLOSED_BY_AGENT NON_RESPONSIVE_CONSUMER 1 12 12`,
    answers: `
      total   2 2 20 1 0 1 0  8 -  8  4
      agent=1 1 3 21 1 0 0 0  5 -  5  2
      agent=2 1 1 20 0 0 1 0 12 - 12 12`,
  },
  {
    name: "a segment counts once it is closed, where it ends: the window's start is in it, its end is not",
    events: `
      a       0 AGENT_ASSIGNED agentId=1
      a       0 CONVERSATION_CLOSED closedBy=AGENT
      b    1000 AGENT_ASSIGNED agentId=1
      b  299999 CONVERSATION_CLOSED closedBy=AGENT
      c    1000 AGENT_ASSIGNED agentId=1
      c  300000 CONVERSATION_CLOSED closedBy=AGENT
      d    1000 AGENT_ASSIGNED agentId=1
      d 3599999 CONVERSATION_CLOSED closedBy=AGENT
      e    1000 AGENT_ASSIGNED agentId=1
      e 3600000 CONVERSATION_CLOSED closedBy=AGENT
      f    1000 AGENT_ASSIGNED agentId=1
      f    2000 MESSAGE_SENT sentBy=AGENT agentId=1`,
    segments: `
      a 1 - HUMAN - UNKNOWN    0       0 NEW_CONVERSATION CLOSED_BY_AGENT NON_RESPONSIVE_AGENT 0 0 -
      b 1 - HUMAN - UNKNOWN 1000  299999 NEW_CONVERSATION CLOSED_BY_AGENT NON_RESPONSIVE_AGENT 0 0 -
      c 1 - HUMAN - UNKNOWN 1000  300000 NEW_CONVERSATION CLOSED_BY_AGENT NON_RESPONSIVE_AGENT 0 0 -
      d 1 - HUMAN - UNKNOWN 1000 3599999 NEW_CONVERSATION CLOSED_BY_AGENT NON_RESPONSIVE_AGENT 0 0 -
      e 1 - HUMAN - UNKNOWN 1000 3600000 NEW_CONVERSATION CLOSED_BY_AGENT NON_RESPONSIVE_AGENT 0 0 -`,
    answers: `
      total            4 0 1049249 0 0 0 4 - - - -
      interval=0       2 0  149499 0 0 0 2 - - - -
      interval=300000  1 0  299000 0 0 0 1 - - - -
      interval=3300000 1 0 3598999 0 0 0 1 - - - -`,
  },
  {
    name: "no segment at all is zero segments, and nothing to average",
    events: `
      c    0 CONVERSATION_STARTED source=WEB skillId=1
      c 1000 MESSAGE_SENT sentBy=CONSUMER
      c 2000 CONVERSATION_CLOSED closedBy=CONSUMER`,
    segments: "",
    answers: `
      total 0 - - 0 0 0 0 - - - -`,
  },
  {
    name: "group and user type are the assignment's, sources are in upper case, and numbers come before other ids",
    events: `
      a    0 CONVERSATION_STARTED source=facebook skillId=10
      a 1000 AGENT_ASSIGNED agentId=10 groupId=1 userType=BOT
      a 1500 MESSAGE_SENT sentBy=AGENT agentId=10
      a 2000 AGENT_ASSIGNED agentId=9 groupId=2 skillId=9
      a 3000 CONVERSATION_CLOSED closedBy=CONSUMER

      b    0 CONVERSATION_STARTED source=WhatsApp skillId=__proto__
      b 1000 AGENT_ASSIGNED agentId=__proto__ groupId=__proto__
      b 4000 CONVERSATION_CLOSED closedBy=AGENT`,
    segments: `
      a 10        1         BOT   10        FACEBOOK 1000 2000 NEW_CONVERSATION AGENT_TRANSFER     NON_RESPONSIVE_CONSUMER 1 500 500
      a 9         2         HUMAN 9         FACEBOOK 2000 3000 TRANSFER         CLOSED_BY_CONSUMER ABANDONED_BY_CONSUMER   0   0   -
      b __proto__ __proto__ HUMAN __proto__ WHATSAPP 1000 4000 NEW_CONVERSATION CLOSED_BY_AGENT    NON_RESPONSIVE_AGENT    0   0   -`,
    answers: `
      agent=9         1 0 1000 0 1 0 0   - -   -   -
      agent=10        1 1 1000 0 0 1 0 500 - 500 500
      agent=__proto__ 1 0 3000 0 0 0 1   - -   -   -

      skill=9 agent=9                 1 0 1000 0 1 0 0   - -   -   -
      skill=10 agent=10               1 1 1000 0 0 1 0 500 - 500 500
      skill=__proto__ agent=__proto__ 1 0 3000 0 0 0 1   - -   -   -`,
  },
  {
    name: "the original document's own figures for agents 12 and 13",
    filter: { agentIds: ["12", "13"] },
    events: `
      t       0 CONVERSATION_STARTED source=WEB skillId=333
      t     100 AGENT_ASSIGNED agentId=99
      t   10000 AGENT_ASSIGNED agentId=12
      t   11000 MESSAGE_SENT sentBy=AGENT agentId=12
      t   12000 MESSAGE_SENT sentBy=CONSUMER
      t   20000 AGENT_ASSIGNED agentId=99
      t   30000 AGENT_ASSIGNED agentId=12
      t   31000 MESSAGE_SENT sentBy=AGENT agentId=12
      t   32000 MESSAGE_SENT sentBy=CONSUMER
      t   42000 AGENT_ASSIGNED agentId=99
      t   50000 AGENT_ASSIGNED agentId=12
      t   51500 MESSAGE_SENT sentBy=AGENT agentId=12
      t   52000 MESSAGE_SENT sentBy=CONSUMER
      t   55000 MESSAGE_SENT sentBy=AGENT agentId=12
      t   55100 MESSAGE_SENT sentBy=AGENT agentId=12
      t   56000 MESSAGE_SENT sentBy=CONSUMER
      t   63000 AGENT_ASSIGNED agentId=99
      t   70000 AGENT_ASSIGNED agentId=12
      t   72500 MESSAGE_SENT sentBy=AGENT agentId=12
      t   73000 MESSAGE_SENT sentBy=CONSUMER
      t   78000 MESSAGE_SENT sentBy=AGENT agentId=12
      t   79000 MESSAGE_SENT sentBy=CONSUMER
      t   85000 AGENT_ASSIGNED agentId=99
      t   90000 AGENT_ASSIGNED agentId=12
      t   93000 MESSAGE_SENT sentBy=AGENT agentId=12
      t   94000 MESSAGE_SENT sentBy=CONSUMER
      t  105000 CONVERSATION_CLOSED closedBy=AGENT

      n1      0 CONVERSATION_STARTED source=APP skillId=444
      n1   1000 AGENT_ASSIGNED agentId=13
      n1   3000 MESSAGE_SENT sentBy=AGENT agentId=13
      n1   4000 MESSAGE_SENT sentBy=CONSUMER
      n1  13000 CONVERSATION_CLOSED closedBy=CONSUMER

      n2      0 CONVERSATION_STARTED source=APP skillId=444
      n2   1000 AGENT_ASSIGNED agentId=13
      n2   5000 MESSAGE_SENT sentBy=AGENT agentId=13
      n2   6000 MESSAGE_SENT sentBy=CONSUMER
      n2  15000 CONVERSATION_CLOSED closedBy=CONSUMER

      n3      0 CONVERSATION_STARTED source=APP skillId=444
      n3   1000 AGENT_ASSIGNED agentId=13
      n3   7000 MESSAGE_SENT sentBy=AGENT agentId=13
      n3   8000 MESSAGE_SENT sentBy=CONSUMER
      n3  17000 CONVERSATION_CLOSED closedBy=CONSUMER`,
    segments: `
      t  99 - HUMAN 333 WEB   100  10000 NEW_CONVERSATION AGENT_TRANSFER     NON_RESPONSIVE_AGENT 0    0    -
      t  12 - HUMAN 333 WEB 10000  20000 TRANSFER         AGENT_TRANSFER     INTERACTIVE          1 1000 1000
      t  99 - HUMAN 333 WEB 20000  30000 TRANSFER         AGENT_TRANSFER     NON_RESPONSIVE_AGENT 0    0    -
      t  12 - HUMAN 333 WEB 30000  42000 TRANSFER         AGENT_TRANSFER     INTERACTIVE          1 1000 1000
      t  99 - HUMAN 333 WEB 42000  50000 TRANSFER         AGENT_TRANSFER     NON_RESPONSIVE_AGENT 0    0    -
      t  12 - HUMAN 333 WEB 50000  63000 TRANSFER         AGENT_TRANSFER     INTERACTIVE          2 4500 1500
      t  99 - HUMAN 333 WEB 63000  70000 TRANSFER         AGENT_TRANSFER     NON_RESPONSIVE_AGENT 0    0    -
      t  12 - HUMAN 333 WEB 70000  85000 TRANSFER         AGENT_TRANSFER     INTERACTIVE          2 7500 2500
      t  99 - HUMAN 333 WEB 85000  90000 TRANSFER         AGENT_TRANSFER     NON_RESPONSIVE_AGENT 0    0    -
      t  12 - HUMAN 333 WEB 90000 105000 TRANSFER         CLOSED_BY_AGENT    INTERACTIVE          1 3000 3000
      n1 13 - HUMAN 444 APP  1000  13000 NEW_CONVERSATION CLOSED_BY_CONSUMER INTERACTIVE          1 2000 2000
      n2 13 - HUMAN 444 APP  1000  15000 NEW_CONVERSATION CLOSED_BY_CONSUMER INTERACTIVE          1 4000 4000
      n3 13 - HUMAN 444 APP  1000  17000 NEW_CONVERSATION CLOSED_BY_CONSUMER INTERACTIVE          1 6000 6000`,
    answers: `
      total              8 1.25 13375 8 0 0 0 2625 1800 4000 2900

      agent=12           5 1.4  13000 5 0 0 0 1800 1800    - 2428
      agent=13           3 1    14000 3 0 0 0 4000    - 4000 4000

      skill=333 agent=12 5 1.4  13000 5 0 0 0 1800 1800    - 2428
      skill=444 agent=13 3 1    14000 3 0 0 0 4000    - 4000 4000`,
  },
];

/** Every sentence of the contract's sections 2 and 3, by hand. */
export const GOLDEN_CASES: readonly GoldenCase[] = GOLDEN_TEXTS.map(parseGoldenCase);
