import type { FormEvent, ReactNode } from "react";
import { Button, Dialog, DialogTrigger, Popover } from "react-aria-components";
import { PickMany } from "../components/PickMany.tsx";
import { PickOne } from "../components/PickOne.tsx";
import { formatMinutes } from "../metrics/format.ts";
import { intervalsOf, usualInterval } from "../view/interval.ts";
import { TIMEFRAME_MAX, toTimeframe, type UserType, type View } from "../view/view.ts";

export interface FilterValues {
  readonly skillIds: readonly string[];
  readonly groupIds: readonly string[];
  readonly sources: readonly string[];
}

interface ControlsProps {
  readonly view: View;
  readonly filterValues: FilterValues;
  readonly onChange: (change: Partial<View>) => void;
  readonly onFilterOpen: () => void;
}

type WindowProps = Omit<ControlsProps, "filterValues" | "onFilterOpen">;

const PRESETS = [15, 30, 60, 240, 480, 1440];

/** Which segments the figures are about, and how the window is parted. */
export function Controls({ view, filterValues, onChange, onFilterOpen }: ControlsProps): ReactNode {
  return (
    <div className="controls" role="group" aria-label="What is shown">
      <Timeframe view={view} onChange={onChange} />
      <Interval view={view} onChange={onChange} />
      <PickMany
        label="Skills"
        ids={filterValues.skillIds}
        chosen={view.skills}
        onChoose={(skills) => onChange({ skills })}
        onOpen={onFilterOpen}
      />
      <PickMany
        label="Groups"
        ids={filterValues.groupIds}
        chosen={view.groups}
        onChoose={(groups) => onChange({ groups })}
        onOpen={onFilterOpen}
      />
      <PickMany
        label="Sources"
        ids={filterValues.sources}
        chosen={view.sources}
        onChoose={(sources) => onChange({ sources })}
        onOpen={onFilterOpen}
      />
      <PickOne<UserType | "ALL">
        label="Agents"
        choices={[
          { id: "ALL", name: "Humans and bots" },
          { id: "HUMAN", name: "Humans" },
          { id: "BOT", name: "Bots" },
        ]}
        chosen={view.userType ?? "ALL"}
        onChoose={(id) => onChange({ userType: id === "ALL" ? null : id })}
      />
    </div>
  );
}

function Timeframe({ view, onChange }: WindowProps): ReactNode {
  const isPreset = PRESETS.includes(view.timeframe);
  return (
    <fieldset className="timeframe">
      <legend>Window</legend>
      <div className="segmented">
        {PRESETS.map((minutes) => (
          <button
            key={minutes}
            type="button"
            aria-pressed={minutes === view.timeframe}
            onClick={() => onChange(toTimeframe(minutes, view))}
          >
            {formatMinutes(minutes)}
          </button>
        ))}
        <DialogTrigger>
          <Button data-chosen={!isPreset}>{isPreset ? "Other…" : formatMinutes(view.timeframe)}</Button>
          <Popover className="popover">
            <Dialog aria-label="Another window">
              {({ close }) => (
                <CustomTimeframe
                  minutes={view.timeframe}
                  onChoose={(minutes) => {
                    onChange(toTimeframe(minutes, view));
                    close();
                  }}
                />
              )}
            </Dialog>
          </Popover>
        </DialogTrigger>
      </div>
    </fieldset>
  );
}

function CustomTimeframe({ minutes, onChoose }: { readonly minutes: number; readonly onChoose: (minutes: number) => void }): ReactNode {
  const choose = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    // The browser has let nothing else through.
    onChoose(Number(new FormData(event.currentTarget).get("minutes")));
  };
  return (
    <form className="custom-timeframe" onSubmit={choose}>
      <label>
        Minutes, 1 to {TIMEFRAME_MAX}
        <input type="number" name="minutes" defaultValue={minutes} min={1} max={TIMEFRAME_MAX} step={1} required autoFocus />
      </label>
      <button type="submit" className="button">
        Show
      </button>
    </form>
  );
}

function Interval({ view, onChange }: WindowProps): ReactNode {
  const intervals = intervalsOf(view.timeframe);
  const usual = usualInterval(view.timeframe);
  const choices = [
    { id: "usual", name: usual === null ? "None: window too short" : `Usual (${formatMinutes(usual)})` },
    ...intervals.map((minutes) => ({ id: String(minutes), name: formatMinutes(minutes) })),
  ];
  return (
    <PickOne
      label="Interval"
      choices={choices}
      chosen={view.interval === null ? "usual" : String(view.interval)}
      onChoose={(id) => onChange({ interval: id === "usual" ? null : Number(id) })}
    />
  );
}
