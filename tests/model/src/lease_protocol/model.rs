//! The transition system that the checker explores.

use super::asking::Ask;
use super::clearing::Clear;
use super::faults::Fault;
use super::properties;
use super::protocol::{ASKERS, CLEARERS, Protocol};
use super::state::{Entry, State};
use stateright::{Model, Property};

/// One atomic step of anybody.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Action {
    Asker(usize, Ask),
    Clearer(usize, Clear),
    Fault(Fault),
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    /// An empty store, and, unless exactly one computation is expected, one whose entry is there already.
    fn init_states(&self) -> Vec<State> {
        let entry = Entry { stamp: 0, began: 0 };
        let mut states = vec![State::initial(self, None)];
        if !self.is_quiet() {
            states.push(State::initial(self, Some(entry)));
        }
        states
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for asker in 0..ASKERS {
            actions.extend(self.steps_of(state, asker).iter().map(|&step| Action::Asker(asker, step)));
        }
        for clearer in 0..CLEARERS {
            actions.extend(self.clears_of(state, clearer).into_iter().map(|step| Action::Clearer(clearer, step)));
        }
        let mut faults = Vec::new();
        self.faults_of(state, &mut faults);
        actions.extend(faults.into_iter().map(Action::Fault));
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Asker(asker, step) => self.ask(&mut state, asker, step),
            Action::Clearer(clearer, step) => self.clear(&mut state, clearer, step),
            Action::Fault(fault) => self.fail(&mut state, fault),
        }
        self.watch_passes(&mut state);
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::of(self)
    }
}
