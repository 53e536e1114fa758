/** The users of the account, as its directory lists them. */
export const LIVEPERSON_AGENTS = [
  { id: "4501", pid: "29c3019d-fe0b-5200-afe8-737abfeae4b4", groupId: "3", userType: "HUMAN", displayName: "Ada" },
  { id: "4502", pid: "393c6873-756d-54af-86e1-8795d57eba14", groupId: "3", userType: "HUMAN", displayName: "Bo" },
  { id: "4503", pid: "1a41233d-1d2c-5158-bacc-ee0f2d384888", groupId: null, userType: "BOT", displayName: "Robot" },
  { id: "4504", pid: "956e3f43-45e4-5a3d-bfc0-9b7049e81fd3", groupId: "7", userType: "HUMAN", displayName: "Mo" },
] as const;
